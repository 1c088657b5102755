// A file's bytes as text, or why they are none. Takes bytes, gives text; reads nothing itself.

export type FileText =
  | { readonly text: string }
  | { readonly fault: FileFault };

export interface FileFault {
  readonly message: string;
  readonly fix: string;
  /** From 1; absent where it is the whole file. */
  readonly line?: number;
}

const SAVE_AS_UTF8 = "save it as text in UTF-8";

function fault(message: string, fix = SAVE_AS_UTF8): FileText {
  return { fault: { message, fix } };
}

/** The line on which the first byte is that no UTF-8 text has, from 1. */
function lineOfFault(bytes: Uint8Array): number {
  const lenient = new TextDecoder().decode(bytes);
  const end = Math.max(lenient.indexOf("\ufffd"), 0);
  return lenient.slice(0, end).split("\n").length;
}

/** Strictly UTF-8: a character that is replaced in silence is another value than the one written. */
export function decodeFile(bytes: Uint8Array): FileText {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    return fault("the file is in UTF-16, not in UTF-8");
  }
  // Some editors begin a file with it; YAML allows NUL nowhere (1.2.2, 5.1).
  const nul = bytes.indexOf(0);
  if (nul >= 0) {
    return fault(
      `the file is not text: its byte ${nul + 1} is NUL`,
      "name a file of YAML or JSON, or take this one out of the folder",
    );
  }
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch {
    return {
      fault: { message: "this line is not UTF-8", fix: SAVE_AS_UTF8, line: lineOfFault(bytes) },
    };
  }
}

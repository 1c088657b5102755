// Replaces a file as editors and ConfigMaps do: whoever looks sees what was or what is, and never an
// empty file or half of one.

/** Writes beside the file, under a name that is no configuration, and renames. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const slash = path.lastIndexOf("/");
  const beside = `${path.slice(0, slash)}/.${path.slice(slash + 1)}.new`;
  await Deno.writeTextFile(beside, text);
  await Deno.rename(beside, path);
}

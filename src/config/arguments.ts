// Arguments of the proxy that others name too.

/** The launcher gives it: the proxy drains and ends when its standard input does. */
export const UNTIL_STDIN_ENDS = "--until-stdin-ends";

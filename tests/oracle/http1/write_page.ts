// Writes docs/http1_differences.md; `deno task docs:oracle`.

import { PAGE, pageText } from "./page.ts";

await Deno.writeTextFile(PAGE, pageText());

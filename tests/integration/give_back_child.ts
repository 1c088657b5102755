// Gives its memory back and goes on. Prints its resident bytes before and after, and what a worker
// says that was made afterwards.

import { giveBackMemory } from "../../src/data/native/give_back.ts";
import { findLibc } from "../../src/data/native/libc.ts";

const libcPath = findLibc();
if (libcPath === undefined) throw new Error("the C library may not be called here");
const before = Deno.memoryUsage().rss;
giveBackMemory(libcPath);
const after = Deno.memoryUsage().rss;
// Made by code that has just been given back.
const worker = new Worker("data:text/javascript,self.postMessage(6 * 7);", { type: "module" });
const { promise, resolve } = Promise.withResolvers<unknown>();
worker.onmessage = ({ data }) => resolve(data);
console.log(JSON.stringify({ before, after, said: await promise }));
worker.terminate();

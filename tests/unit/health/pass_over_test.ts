// What a worker passes over: what main has ejected, and at once what it has found to fail itself.

import { CoreHolder } from "../../../src/data/core_holder.ts";
import { bitmapOf } from "../../../src/data/health/ejections.ts";
import { assertEquals } from "../../assert.ts";

/** Ids that are set in a bitmap. */
function idsOf(bitmap: Uint8Array): number[] {
  return Array.from({ length: bitmap.length * 8 }, (_, id) => id)
    .filter((id) => ((bitmap[id >> 3]! >> (id & 7)) & 1) === 1);
}

function holder(): { holder: CoreHolder; passedOver: () => number[] } {
  let bitmap = new Uint8Array(0);
  const core = {
    loadRoutes: () => ({ ok: true as const, generation: 0 }),
    loadEndpoints: () => ({ ok: true as const, generation: 0 }),
    setHealth(ejected: Uint8Array) {
      bitmap = ejected.slice();
      return true;
    },
  };
  return { holder: new CoreHolder(() => core, () => {}), passedOver: () => idsOf(bitmap) };
}

Deno.test("an endpoint that failed is passed over before main has said so", () => {
  const { holder: worker, passedOver } = holder();
  worker.eject(bitmapOf([1]));
  worker.passOver(20);
  worker.passOver(1);
  assertEquals(passedOver(), [1, 20]);
});

Deno.test("main's word on others does not bring back what it has not heard of yet", () => {
  const { holder: worker, passedOver } = holder();
  worker.passOver(3);
  worker.passOver(4);
  worker.eject(bitmapOf([3]));
  assertEquals(passedOver(), [3, 4]);
  worker.eject(bitmapOf([3, 4]));
  worker.eject(bitmapOf([]));
  assertEquals(passedOver(), [], "once it has, its word is all that counts");
});

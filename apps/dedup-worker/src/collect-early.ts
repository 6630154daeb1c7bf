// How much garbage may gather in this process. Its work is in buffers outside of the heap, and most of what it keeps lives as long as a piece:
// V8, which by default waits until the heap is half as large again or more, would find little to do for hours, and let tens of megabytes of what
// passed by stay. Collecting early costs nothing that can be measured here. Node takes no such option from its environment.
import { setFlagsFromString } from 'node:v8';

/** Growth of a heap, beyond what was alive when it was collected last, until it is collected again, percent. */
const HEAP_GROWTH_PERCENT = 20;

/** Of all threads of this process; before anything is allocated. */
export function collectEarly(): void {
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH_PERCENT}`);
}

/**
 * Memory that is claimed at its largest and costs nothing until it is touched.
 *
 * It is shared memory although nobody shares it: V8 counts an array's whole reserve as pressure on the heap, and
 * would mark all of it, and shrink the space for young objects, each time one is claimed. Shared memory it does
 * not count.
 */
export function reserved(ints: number): Int32Array {
  return new Int32Array(new SharedArrayBuffer(ints * 4));
}

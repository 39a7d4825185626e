export function writeBatches(root: string, folder: string, atOnce: number): string
export function batchesOf(
  names: readonly string[],
  of: { isApart: (name: string) => boolean; atOnce: number },
): string[][]

export function writeBatches(root: string, folder: string): string
export function batchesOf(names: readonly string[], isApart: (name: string) => boolean): string[][]

import { createHash } from 'node:crypto'

/**
 * The process that a key belongs to: rendezvous hashing. When a process comes, it takes about one key in n
 * from the others; when it goes, only its keys move.
 */
export function ownerOf(key: string, processIds: readonly string[]): string | undefined {
  return ranked(key, processIds)[0]
}

/** The processes in the order in which they would own the key. */
export function ranked(key: string, processIds: readonly string[]): string[] {
  return processIds
    .map((id) => ({ id, weight: weightOf(key, id) }))
    .toSorted((one, other) => other.weight - one.weight || (one.id < other.id ? -1 : 1))
    .map(({ id }) => id)
}

const weightOf = (key: string, id: string): number =>
  createHash('sha256').update(`${id} ${key}`).digest().readUIntBE(0, 6)

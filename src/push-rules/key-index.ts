import type { IndexKey } from './index-key.ts'

/** Finds owners by key. Most keys have one owner, so only a key with several owners has a set. */
export class KeyIndex<Owner extends object> {
  readonly #owners = new Map<IndexKey, Owner | Set<Owner>>()
  readonly #used = new Map<string, number>()

  add(key: IndexKey, owner: Owner): void {
    const found = this.#owners.get(key)
    if (found === undefined) this.#owners.set(key, owner)
    else if (found instanceof Set) {
      if (found.has(owner)) return
      found.add(owner)
    } else if (found === owner) return
    else this.#owners.set(key, new Set([found, owner]))
    this.#count(key, 1)
  }

  delete(key: IndexKey, owner: Owner): void {
    const found = this.#owners.get(key)
    if (found === owner) this.#owners.delete(key)
    else if (!(found instanceof Set) || !found.delete(owner)) return
    else if (found.size === 0) this.#owners.delete(key)
    this.#count(key, -1)
  }

  /** Whether any key begins with `mark`, one character. */
  isUsed(mark: string): boolean {
    return (this.#used.get(mark) ?? 0) > 0
  }

  /** Adds the owners of a key. A body repeats words, so sets that were added before are skipped. */
  collect(key: IndexKey, into: Set<Owner>, added: Set<ReadonlySet<Owner>>): void {
    const owners = this.#owners.get(key)
    if (owners === undefined) return
    if (!(owners instanceof Set)) into.add(owners)
    else if (!added.has(owners)) {
      added.add(owners)
      for (const owner of owners) into.add(owner)
    }
  }

  #count(key: IndexKey, by: number): void {
    const mark = key.charAt(0)
    this.#used.set(mark, (this.#used.get(mark) ?? 0) + by)
  }
}

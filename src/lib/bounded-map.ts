export type BoundedMapOptions<K, V> = {
  /** The most entries, or with `weightOf` the largest total weight. */
  limit: number
  /** Called once for each value, when it is set. Default: 1. */
  weightOf?: (value: V) => number
  /** Values in use are not evicted. If all values are in use, the map exceeds its limit. */
  isInUse?: (value: V) => boolean
  /** Called after an eviction, not after `delete` or `clear`. */
  onEvict?: (value: V, key: K) => void
}

type Entry<K, V> = {
  readonly key: K
  value: V
  weight: number
  older: Entry<K, V> | undefined
  newer: Entry<K, V> | undefined
}

/**
 * A map with a limit: `set` evicts the least recently used entries, but never the entry that it sets. `set` and `get`
 * count as a use; `peek` does not. Values do not expire: a value with a limited lifetime stores its own expiry time.
 *
 * The order of use is a linked list. Reordering a `Map` by deleting and setting again costs too much: V8 leaves a
 * hole for each deleted entry, and `keys().next()` skips all holes before the first key
 * (docs/decisions/0028-bounded-map.md).
 */
export class BoundedMap<K, V> {
  readonly #entries = new Map<K, Entry<K, V>>()
  readonly #options: BoundedMapOptions<K, V>
  #weight = 0
  #oldest: Entry<K, V> | undefined
  #newest: Entry<K, V> | undefined

  constructor(options: BoundedMapOptions<K, V>) {
    this.#options = options
  }

  get size(): number {
    return this.#entries.size
  }

  get(key: K): V | undefined {
    const entry = this.#entries.get(key)
    if (entry !== undefined) this.#use(entry)
    return entry?.value
  }

  peek(key: K): V | undefined {
    return this.#entries.get(key)?.value
  }

  set(key: K, value: V): void {
    const weight = this.#options.weightOf?.(value) ?? 1
    let entry = this.#entries.get(key)
    if (entry === undefined) {
      entry = { key, value, weight: 0, older: undefined, newer: undefined }
      this.#entries.set(key, entry)
      this.#append(entry)
    } else {
      entry.value = value
      this.#use(entry)
    }
    this.#weight += weight - entry.weight
    entry.weight = weight
    if (this.#weight > this.#options.limit) this.#evict(entry)
  }

  /** Like `Map.prototype.getOrInsertComputed`: returns the existing value, or makes and inserts one. */
  getOrInsertComputed(key: K, make: (key: K) => V): V {
    const entry = this.#entries.get(key)
    if (entry !== undefined) {
      this.#use(entry)
      return entry.value
    }
    const value = make(key)
    this.set(key, value)
    return value
  }

  /** Returns false when the key was not present. */
  delete(key: K): boolean {
    const entry = this.#entries.get(key)
    if (entry === undefined) return false
    this.#remove(entry)
    return true
  }

  clear(): void {
    this.#entries.clear()
    this.#weight = 0
    this.#oldest = this.#newest = undefined
  }

  /**
   * Starts with the least recently used entry. During the iteration no entry may be used, and only the current one
   * deleted.
   */
  *[Symbol.iterator](): Generator<[K, V], void, undefined> {
    for (let entry = this.#oldest; entry !== undefined; entry = entry.newer) yield [entry.key, entry.value]
  }

  /** In the same order, with the same restriction. */
  *values(): Generator<V, void, undefined> {
    for (const [, value] of this) yield value
  }

  #evict(kept: Entry<K, V>): void {
    const { limit, isInUse, onEvict } = this.#options
    for (let entry = this.#oldest; entry !== kept && entry !== undefined; entry = entry.newer) {
      if (isInUse?.(entry.value) === true) continue
      this.#remove(entry)
      onEvict?.(entry.value, entry.key)
      if (this.#weight <= limit) return
    }
  }

  #remove(entry: Entry<K, V>): void {
    this.#entries.delete(entry.key)
    this.#weight -= entry.weight
    this.#unlink(entry)
  }

  #use(entry: Entry<K, V>): void {
    if (entry === this.#newest) return
    this.#unlink(entry)
    this.#append(entry)
  }

  /** Keeps the `newer` link of the entry, for an iteration that is at this entry. */
  #unlink(entry: Entry<K, V>): void {
    if (entry.older === undefined) this.#oldest = entry.newer
    else entry.older.newer = entry.newer
    if (entry.newer === undefined) this.#newest = entry.older
    else entry.newer.older = entry.older
  }

  #append(entry: Entry<K, V>): void {
    entry.older = this.#newest
    entry.newer = undefined
    if (this.#newest === undefined) this.#oldest = entry
    else this.#newest.newer = entry
    this.#newest = entry
  }
}

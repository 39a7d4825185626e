import type { WaitingWork } from './group-transaction.ts'

/** The maximum number of transactions in one commit. It bounds how long the first waits for the last. */
const GROUP_LIMIT = 256
/**
 * The number of shared groups at the same time. While they run, the next transactions collect: few large
 * groups cost less than many small ones.
 */
const SHARED_AT_ONCE = 2
/**
 * The number of shards below which the limit of a group does not fall: with two, each group tries whether
 * more are free.
 */
const LEAST_SHARDS = 2
/** How often a group tries a shard that another process holds, before a group waits for it. */
const TRIES = 8

/**
 * What a group locks: a shard of the stream, all shards, or those of several, in ascending order, that no
 * other process holds. Undefined: nothing.
 */
export type ShardLock = number | 'all' | readonly number[] | undefined

/** Transactions that share a commit, in the order of their arrival in each shard. */
export type WriteGroup = { readonly works: readonly WaitingWork[]; readonly lock: ShardLock }

/**
 * Transactions of a group that must run once more. `held`: another process holds their shards. `failed`: one
 * transaction of the group failed after a write, so each shard needs a group of its own.
 */
export type Again = { readonly works: readonly WaitingWork[]; readonly because: 'held' | 'failed' }

/** The transactions that wait for a group. */
export interface GroupQueue {
  push(waiting: WaitingWork): void
  /** The next group. Its transactions leave the queue. Undefined: no group can run now. */
  next(): WriteGroup | undefined
  /**
   * The group that `next` returned has ended. `again`: those of its transactions of which nothing is
   * committed, in their order; they are next in their shard. Undefined: there are none.
   */
  ended(group: WriteGroup, again?: Again): void
  isEmpty(): boolean
}

/** The number of transactions of the next group: the first, or those before one that needs its own group. */
function lengthOfGroup(works: readonly WaitingWork[]): number {
  const length = Math.min(works.length, GROUP_LIMIT)
  for (let at = 0; at < length; at++) if (works[at]?.inOwnGroup === true) return Math.max(at, 1)
  return length
}

/** All waiting transactions form one group, which locks nothing. */
export function createGroupQueue(): GroupQueue {
  const queue: WaitingWork[] = []
  return {
    push: (waiting) => void queue.push(waiting),
    next() {
      if (queue.length === 0) return undefined
      return { works: queue.splice(0, lengthOfGroup(queue)), lock: undefined }
    },
    ended: (_group, again) => void queue.unshift(...(again?.works ?? [])),
    isEmpty: () => queue.length === 0,
  }
}

/** The shard that a transaction needs, or all. */
type Needed = number | 'all'

function neededBy({ shard, inAllShards }: WaitingWork): Needed {
  if (inAllShards && shard?.shards !== 1) return 'all'
  if (shard === undefined) throw new Error('a transaction of no shard waits for one')
  return shard.number
}

/** It can share a group with transactions of other shards. */
const canShare = ({ key, repeatable, inOwnGroup }: WaitingWork): boolean =>
  key !== undefined && repeatable && !inOwnGroup

type State = {
  /** In the order in which their first transactions came, or were last tried. */
  readonly waiting: Map<Needed, WaitingWork[]>
  readonly running: Set<Needed>
  /** How often in a row another process held a shard that a group tried. */
  readonly misses: Map<Needed, number>
  /** The number of running groups that wait for a shard of another process, if it holds it. */
  waits: number
  /** Those of the running groups that take independent transactions of any shard. */
  readonly shared: Set<WriteGroup>
  /** The maximum number of shards of a group. */
  limit: number
  readonly mostWaits: number
}

/**
 * Several connections take groups from it. One group at a time runs for each shard. The shard whose
 * transactions have waited longest is next. If its transactions are independent, the group takes those of all
 * other shards too that wait for nothing else, because one commit of many costs less than many commits. Two
 * such shared groups run at the same time.
 *
 * A group of several shards locks those that are free, so it never waits while it holds one. The transactions
 * of a shard that another process holds return, and are tried again after those of the other shards. A shard
 * that was held eight times in a row has a group of its own, which waits. Groups have one shard less after
 * each that did not get all, and one more after each that did: several processes under load do not hold the
 * shards from each other.
 *
 * @param options.most the maximum number of shards of a group
 * @param options.mostWaits the maximum number of groups that wait for a shard at the same time; fewer than
 *   connections, so that a process that stops while it holds many shards does not stop the writing of others
 * @param options.onWaiting called when transactions wait after the end of a group
 */
export function createShardQueue({ most, mostWaits, onWaiting }: ShardQueueOptions): GroupQueue {
  const state: State = {
    waiting: new Map(),
    running: new Set(),
    misses: new Map(),
    waits: 0,
    shared: new Set(),
    limit: most,
    mostWaits,
  }
  return {
    push(work) {
      const needed = neededBy(work)
      const others = state.waiting.get(needed)
      if (others) others.push(work)
      else state.waiting.set(needed, [work])
    },
    next() {
      for (const needed of state.waiting.keys()) {
        if (state.running.has(needed)) continue
        if (lengthOfShared(state, needed, GROUP_LIMIT) > 0) {
          if (state.shared.size < SHARED_AT_ONCE) return sharedGroup(state)
        } else if (canWait(state)) return groupOf(state, needed)
      }
      return undefined
    },
    ended(group, again) {
      const shards = shardsOf(group.lock)
      state.shared.delete(group)
      if (waits(group)) state.waits--
      for (const one of shards) state.running.delete(one)
      if (shards.length > 1)
        state.limit = again ? Math.max(LEAST_SHARDS, state.limit - 1) : Math.min(most, state.limit + 1)
      countMisses(state, shards, again)
      if (again) putBack(state, again.works)
      if (state.waiting.size > 0) onWaiting()
    },
    isEmpty: () => state.waiting.size === 0,
  }
}

type ShardQueueOptions = { most: number; mostWaits: number; onWaiting: () => void }

const shardsOf = (lock: ShardLock): readonly Needed[] =>
  lock === undefined ? [] : typeof lock === 'object' ? lock : [lock]

const canWait = (state: State): boolean => state.waits < state.mostWaits
const waits = ({ lock }: WriteGroup): boolean => typeof lock !== 'object'

function groupOf(state: State, needed: Needed): WriteGroup {
  state.waits++
  return { works: take(state, needed, lengthOfGroup(state.waiting.get(needed) ?? [])), lock: needed }
}

/** The independent transactions of as many shards as the limit allows. At most one such group waits for its shard. */
function sharedGroup(state: State): WriteGroup {
  const shards: number[] = []
  const works: WaitingWork[] = []
  // `take` moves a shard to the end, so the keys are copied.
  for (const needed of Array.from(state.waiting.keys())) {
    if (shards.length === state.limit) break
    if (needed === 'all' || state.running.has(needed)) continue
    const length = lengthOfShared(state, needed, GROUP_LIMIT - works.length)
    if (length === 0) continue
    works.push(...take(state, needed, length))
    shards.push(needed)
  }
  const isOnly = shards.length === 1 && state.shared.size === 0 && canWait(state)
  const group: WriteGroup = { works, lock: isOnly ? shards[0] : shards.toSorted((a, b) => a - b) }
  if (waits(group)) state.waits++
  state.shared.add(group)
  return group
}

/** The number of the first transactions of a shard that can be in a group with other shards. */
function lengthOfShared({ waiting, misses }: State, needed: Needed, most: number): number {
  if (needed === 'all' || (misses.get(needed) ?? 0) >= TRIES) return 0
  const works = waiting.get(needed) ?? []
  const end = works.findIndex((work) => !canShare(work))
  return Math.min(end === -1 ? works.length : end, most)
}

function take({ waiting, running }: State, needed: Needed, length: number): WaitingWork[] {
  const works = waiting.get(needed) ?? []
  running.add(needed)
  waiting.delete(needed)
  const taken = works.splice(0, length)
  if (works.length > 0) waiting.set(needed, works)
  return taken
}

/** After a failure, each shard has a group of its own, like one that was held too often. */
function countMisses({ misses }: State, shards: readonly Needed[], again: Again | undefined): void {
  const missed = new Set(again?.works.map(neededBy))
  for (const one of shards)
    if (!missed.has(one)) misses.delete(one)
    else misses.set(one, again?.because === 'failed' ? TRIES : (misses.get(one) ?? 0) + 1)
}

function putBack({ waiting }: State, works: readonly WaitingWork[]): void {
  for (const [needed, returned] of Map.groupBy(works, neededBy)) {
    const later = waiting.get(needed) ?? []
    waiting.delete(needed)
    waiting.set(needed, [...returned, ...later])
  }
}

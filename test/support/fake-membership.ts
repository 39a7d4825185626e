import type { ClusterMember, LiveProcess } from '../../src/cluster/membership.ts'

/** The list of processes as one of them sees it. `become` changes the list; `end`: what a dead one held has ended. */
export function createFakeMembership(id: string, live: readonly LiveProcess[]) {
  const listeners = new Set<(hasEnded: boolean) => void>()
  let seen = live
  return {
    id,
    live: () => seen,
    silentFor: () => 0,
    nextHeartbeat: async () => undefined,
    onChange: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    become(next: readonly LiveProcess[]) {
      seen = next
      for (const listener of listeners) listener(false)
    },
    end() {
      for (const listener of listeners) listener(true)
    },
  } satisfies Pick<ClusterMember, 'id' | 'live' | 'onChange' | 'silentFor' | 'nextHeartbeat'> & {
    become: unknown
    end: unknown
  }
}

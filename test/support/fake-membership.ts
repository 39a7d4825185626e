import type { ClusterMember, LiveProcess } from '../../src/cluster/membership.ts'

/** The list of processes as one of them sees it. `become` changes the list. */
export function createFakeMembership(id: string, live: readonly LiveProcess[]) {
  const listeners = new Set<() => void>()
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
      for (const listener of listeners) listener()
    },
  } satisfies Pick<ClusterMember, 'id' | 'live' | 'onChange' | 'silentFor' | 'nextHeartbeat'> & {
    become: unknown
  }
}

import type { Role } from '../config/roles.ts'
import type { ClusterMember, Heartbeats, LiveProcess } from './membership.ts'
import { ownerOf } from './owners.ts'

/**
 * The keys that belong to this process among the live processes with a role. Two processes may think for a
 * moment that a key belongs to them, or to the other one: it divides the work, and proves nothing.
 */
export type ProcessShare = Heartbeats & {
  owns(key: string): boolean
  /**
   * Calls `listener` when the processes with the role have changed, and when what a dead process held has
   * ended, until the returned function is called.
   */
  onChange(listener: () => void): () => void
}

export function createProcessShare(
  membership: Pick<ClusterMember, 'id' | 'live' | 'onChange'> & Heartbeats,
  role: Role,
): ProcessShare {
  let seen: readonly LiveProcess[] | undefined
  let ids: string[] = []
  const idsNow = () => {
    const live = membership.live()
    if (live === seen) return ids
    seen = live
    // Before its first heartbeat this process is not in the list.
    const others = live.filter(({ id, roles }) => roles.includes(role) && id !== membership.id)
    ids = [membership.id, ...others.map(({ id }) => id)]
    return ids
  }
  return {
    owns(key) {
      const among = idsNow()
      return among.length <= 1 || ownerOf(key, among) === membership.id
    },
    onChange(listener) {
      let before = idsNow().join()
      return membership.onChange((hasEnded) => {
        const now = idsNow().join()
        if (now === before && !hasEnded) return
        before = now
        listener()
      })
    },
    silentFor: () => membership.silentFor(),
    nextHeartbeat: (signal) => membership.nextHeartbeat(signal),
  }
}

import { type Role, ROLES } from '../config/roles.ts'
import type { ClusterMember } from './membership.ts'

/** `missing_roles`: those of no live process. What they would do waits in the database. */
export type ClusterHealth = { processes: number; missing_roles: Role[] }

/** The live processes at the last heartbeat, for `/health`. */
export function clusterHealth(membership: Pick<ClusterMember, 'live'>): ClusterHealth {
  const live = membership.live()
  const missing = ROLES.filter((role) => !live.some(({ roles }) => roles.includes(role)))
  return { processes: live.length, missing_roles: missing }
}

import type { JsonObject } from '../lib/json.ts'

/** Client-server API, "Invite permission". */
export const INVITE_PERMISSION = 'm.invite_permission_config'
/** The same before it was stable (MSC4380), with another content. */
export const UNSTABLE_INVITE_PERMISSION = 'org.matrix.msc4380.invite_permission_config'

/**
 * Whether account data of this type and content blocks all invitations to its owner; undefined for any other
 * type. The type that was set last decides.
 */
export function blocksInvitationsIn(type: string, content: JsonObject): boolean | undefined {
  if (type === INVITE_PERMISSION) return content['default_action'] === 'block'
  if (type === UNSTABLE_INVITE_PERMISSION) return content['block_all'] === true
  return undefined
}

import { z } from 'zod'
import { defineRoute, type Route } from '../http/route.ts'
import { once } from '../lib/once.ts'
import { VERSION } from '../lib/version.ts'
import type { AccountDeps } from '../accounts/deps.ts'
import type { RoomDeps } from '../rooms/deps.ts'
import { moderationRoutes } from './moderation.ts'
import { deviceRoutes } from './synapse/devices.ts'
import { mediaRoutes } from './synapse/media.ts'
import { sharedSecretRoutes } from './synapse/register.ts'
import { eventReportRoutes } from './synapse/reports.ts'
import { roomRemovalRoutes } from './synapse/room-removal.ts'
import { roomRoutes } from './synapse/rooms.ts'
import { tokenRoutes } from './synapse/tokens.ts'
import { userActionRoutes } from './synapse/user-actions.ts'
import { userRoutes } from './synapse/users.ts'
import { whoisRoutes } from './whois.ts'

export type AdministrationRouteDeps = {
  accounts: AccountDeps
  rooms: RoomDeps
  /** For registration by scripts; undefined: it is off. */
  sharedSecret: string | undefined
}

const version = once(() => z.strictObject({ server_version: z.string() }))

/**
 * The endpoints for administrators: those of the specification, and the part of Synapse's that scripts and
 * web clients for administrators use.
 */
export const administrationRoutes = ({ accounts, rooms, sharedSecret }: AdministrationRouteDeps): Route[] => [
  ...moderationRoutes(accounts),
  ...whoisRoutes(accounts),
  defineRoute({
    method: 'GET',
    path: '/_synapse/admin/v1/server_version',
    auth: 'none',
    limit: 'default',
    summary: 'The name and the version of this server',
    response: { 200: version },
    handler: () => ({ server_version: `Belfry ${VERSION}` }),
  }),
  ...sharedSecretRoutes({ ...accounts, sharedSecret }),
  ...userRoutes(accounts),
  ...userActionRoutes(accounts),
  ...deviceRoutes(accounts),
  ...mediaRoutes(accounts),
  ...roomRoutes(rooms),
  ...roomRemovalRoutes(rooms),
  ...tokenRoutes(accounts),
  ...eventReportRoutes(rooms),
]

import { z } from 'zod'
import {
  createBackup,
  getBackup,
  type KeyBackup,
  removeBackup,
  updateBackup,
} from '../accounts/key-backup/backups.ts'
import type { KeyBackupDeps } from '../accounts/key-backup/deps.ts'
import { named } from '../http/response.ts'
import { nothing } from '../http/response-parts.ts'
import { client, defineRoute, type Route } from '../http/route.ts'
import { jsonObject } from '../http/schema.ts'
import { once } from '../lib/once.ts'
import { keyRoutes } from './key-backup-keys.ts'

const versionParams = z.object({ version: z.string() })
const settings = z.object({
  algorithm: z.string(),
  auth_data: jsonObject.describe('Depends on the algorithm'),
})

const created = once(() => z.strictObject({ version: z.string() }))
const backupInfo = named('KeyBackup', () =>
  z.strictObject({
    version: z.string(),
    algorithm: z.string(),
    auth_data: jsonObject,
    count: z.int().min(0).describe('The number of keys'),
    etag: z.string().describe('Changes with each change of the keys'),
  }),
)

/**
 * `/room_keys/…` (client-server API, "Server-side key backups").
 * @param limit the largest body of an upload of keys, in bytes
 */
export function keyBackupRoutes(deps: KeyBackupDeps, limit: number): Route[] {
  return [...currentRoutes(deps), ...versionRoutes(deps), ...keyRoutes(deps, limit)]
}

function currentRoutes(deps: KeyBackupDeps): Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: client('/room_keys/version'),
      auth: 'user',
      limit: 'default',
      body: settings,
      summary: 'Creates a version of your key backup',
      response: { 200: created },
      errors: { 403: ['M_FORBIDDEN'] },
      async handler({ requester, body }) {
        const request = { algorithm: body.algorithm, authData: body.auth_data }
        return { version: await createBackup(deps, requester.userId, request) }
      },
    }),
    defineRoute({
      method: 'GET',
      path: client('/room_keys/version'),
      auth: 'user',
      limit: 'default',
      summary: 'The current version of your key backup',
      response: { 200: backupInfo },
      errors: { 404: ['M_NOT_FOUND'] },
      handler: async ({ requester }) => viewOf(await getBackup(deps.db, requester.userId)),
    }),
  ]
}

function versionRoutes(deps: KeyBackupDeps): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: client('/room_keys/version/:version'),
      auth: 'user',
      limit: 'default',
      params: versionParams,
      summary: 'A version of your key backup',
      response: { 200: backupInfo },
      errors: { 404: ['M_NOT_FOUND'] },
      handler: async ({ requester, params }) =>
        viewOf(await getBackup(deps.db, requester.userId, params.version)),
    }),
    defineRoute({
      method: 'PUT',
      path: client('/room_keys/version/:version'),
      auth: 'user',
      limit: 'default',
      params: versionParams,
      body: settings.extend({ version: z.string().optional() }),
      summary: 'Changes the auth_data of a version of your key backup',
      response: { 200: nothing },
      errors: { 404: ['M_NOT_FOUND'] },
      async handler({ requester: { userId }, params: { version }, body }) {
        const { algorithm, auth_data: authData, version: bodyVersion } = body
        await updateBackup(deps, { userId, version }, { algorithm, authData, bodyVersion })
        return {}
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: client('/room_keys/version/:version'),
      auth: 'user',
      limit: 'default',
      params: versionParams,
      summary: 'Deletes a version of your key backup with its keys',
      response: { 200: nothing },
      errors: { 404: ['M_NOT_FOUND'] },
      async handler({ requester: { userId }, params: { version } }) {
        await removeBackup(deps, { userId, version })
        return {}
      },
    }),
  ]
}

const viewOf = ({ authData, ...backup }: KeyBackup) => ({ ...backup, auth_data: authData })

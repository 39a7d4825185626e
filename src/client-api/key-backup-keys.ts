import { z } from 'zod'
import type { KeyBackupDeps } from '../accounts/key-backup/deps.ts'
import { type BackedUpKey, deleteKeys, storeKeys } from '../accounts/key-backup/keys.ts'
import { keyInSession, keysInRoom, keysOfBackup } from '../accounts/key-backup/read-keys.ts'
import { named } from '../http/response.ts'
import { roomId as roomIdOfResponse } from '../http/response-parts.ts'
import { client, defineRoute, type Route } from '../http/route.ts'
import { jsonObject, roomIdSchema } from '../http/schema.ts'
import type { RoomId } from '../lib/ids.ts'

const MAX_SESSION_ID_BYTES = 255

const sessionIdSchema = z
  .string()
  .refine((text) => text !== '' && Buffer.byteLength(text) <= MAX_SESSION_ID_BYTES, {
    error: `expected a session id of 1 to ${MAX_SESSION_ID_BYTES} bytes`,
  })

const query = z.object({ version: z.string() })
const roomParams = z.object({ roomId: roomIdSchema })
const keyParams = roomParams.extend({ sessionId: sessionIdSchema })

const keyBody = z.object({
  first_message_index: z.int().min(0),
  forwarded_count: z.int().min(0),
  is_verified: z.boolean(),
  session_data: jsonObject.describe('Encrypted; depends on the algorithm'),
})
const roomBody = z.object({ sessions: z.record(sessionIdSchema, keyBody) })
const backupBody = z.object({ rooms: z.record(roomIdSchema, roomBody) })

const keyData = named('KeyBackupData', () =>
  z.strictObject({
    first_message_index: z.int().min(0),
    forwarded_count: z.int().min(0),
    is_verified: z.boolean(),
    session_data: jsonObject,
  }),
)
const roomKeys = named('RoomKeyBackup', () => z.strictObject({ sessions: z.record(z.string(), keyData()) }))
const allKeys = named('RoomKeys', () => z.strictObject({ rooms: z.record(roomIdOfResponse(), roomKeys()) }))
const state = named('KeyBackupState', () =>
  z.strictObject({
    etag: z.string().describe('Changes with each change of the keys'),
    count: z.int().min(0).describe('The number of keys in the backup'),
  }),
)

const UPLOAD_ERRORS = { 403: ['M_WRONG_ROOM_KEYS_VERSION', 'M_FORBIDDEN'], 404: ['M_NOT_FOUND'] }
const NOT_FOUND = { 404: ['M_NOT_FOUND'] }

/**
 * `/room_keys/keys…` (client-server API, "Server-side key backups").
 * @param limit the largest body, in bytes
 */
export function keyRoutes(deps: KeyBackupDeps, limit: number): Route[] {
  return [...wholeRoutes(deps, limit), ...roomRoutes(deps, limit), ...sessionRoutes(deps, limit)]
}

function wholeRoutes(deps: KeyBackupDeps, limit: number): Route[] {
  const common = { path: client('/room_keys/keys'), auth: 'user', limit: 'default', query } as const
  return [
    defineRoute({
      ...common,
      method: 'PUT',
      body: { kind: 'large json', schema: backupBody, limit },
      summary: 'Stores keys of several rooms in the current version of your key backup',
      response: { 200: state },
      errors: UPLOAD_ERRORS,
      handler: ({ requester: { userId }, query: { version }, body: { rooms } }) =>
        storeKeys(deps, { userId, version }, keysOfRooms(rooms)),
    }),
    defineRoute({
      ...common,
      method: 'GET',
      summary: 'All keys of a version of your key backup',
      response: { 200: allKeys },
      errors: NOT_FOUND,
      handler: ({ requester: { userId }, query: { version } }) => keysOfBackup(deps.db, { userId, version }),
    }),
    defineRoute({
      ...common,
      method: 'DELETE',
      summary: 'Deletes all keys of a version of your key backup',
      response: { 200: state },
      errors: NOT_FOUND,
      handler: ({ requester: { userId }, query: { version } }) => deleteKeys(deps, { userId, version }, {}),
    }),
  ]
}

function roomRoutes(deps: KeyBackupDeps, limit: number): Route[] {
  const common = {
    path: client('/room_keys/keys/:roomId'),
    auth: 'user',
    limit: 'default',
    query,
    params: roomParams,
  } as const
  return [
    defineRoute({
      ...common,
      method: 'PUT',
      body: { kind: 'large json', schema: roomBody, limit },
      summary: 'Stores keys of a room in the current version of your key backup',
      response: { 200: state },
      errors: UPLOAD_ERRORS,
      handler: ({ requester: { userId }, params: { roomId }, query: { version }, body }) =>
        storeKeys(deps, { userId, version }, keysOfRooms({ [roomId]: body })),
    }),
    defineRoute({
      ...common,
      method: 'GET',
      summary: 'The keys of a room in a version of your key backup',
      response: { 200: roomKeys },
      errors: NOT_FOUND,
      handler: ({ requester: { userId }, params: { roomId }, query: { version } }) =>
        keysInRoom(deps.db, { userId, version }, roomId),
    }),
    defineRoute({
      ...common,
      method: 'DELETE',
      summary: 'Deletes the keys of a room in a version of your key backup',
      response: { 200: state },
      errors: NOT_FOUND,
      handler: ({ requester: { userId }, params, query: { version } }) =>
        deleteKeys(deps, { userId, version }, params),
    }),
  ]
}

function sessionRoutes(deps: KeyBackupDeps, limit: number): Route[] {
  const common = {
    path: client('/room_keys/keys/:roomId/:sessionId'),
    auth: 'user',
    limit: 'default',
    query,
    params: keyParams,
  } as const
  return [
    defineRoute({
      ...common,
      method: 'PUT',
      body: { kind: 'large json', schema: keyBody, limit },
      summary: 'Stores the key of a session in the current version of your key backup',
      response: { 200: state },
      errors: UPLOAD_ERRORS,
      handler: ({ requester: { userId }, params: { roomId, sessionId }, query: { version }, body }) =>
        storeKeys(deps, { userId, version }, [keyOf(roomId, sessionId, body)]),
    }),
    defineRoute({
      ...common,
      method: 'GET',
      summary: 'The key of a session in a version of your key backup',
      response: { 200: keyData },
      errors: NOT_FOUND,
      handler: ({ requester: { userId }, params, query: { version } }) =>
        keyInSession(deps.db, { userId, version }, params),
    }),
    defineRoute({
      ...common,
      method: 'DELETE',
      summary: 'Deletes the key of a session in a version of your key backup',
      response: { 200: state },
      errors: NOT_FOUND,
      handler: ({ requester: { userId }, params, query: { version } }) =>
        deleteKeys(deps, { userId, version }, params),
    }),
  ]
}

type KeyBody = z.output<typeof keyBody>

function keysOfRooms(rooms: Readonly<Record<RoomId, z.output<typeof roomBody>>>): BackedUpKey[] {
  return (Object.entries(rooms) as [RoomId, z.output<typeof roomBody>][]).flatMap(([roomId, { sessions }]) =>
    Object.entries(sessions).map(([sessionId, body]) => keyOf(roomId, sessionId, body)),
  )
}

const keyOf = (roomId: RoomId, sessionId: string, body: KeyBody): BackedUpKey => ({
  roomId,
  sessionId,
  firstMessageIndex: body.first_message_index,
  forwardedCount: body.forwarded_count,
  isVerified: body.is_verified,
  sessionData: body.session_data,
})

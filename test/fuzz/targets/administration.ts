import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import fc from 'fast-check'
import { administrationRoutes } from '../../../src/administration/routes.ts'
import { consoleRoutes } from '../../../src/console-api/routes.ts'
import { jsonSchemaOf, newComponents } from '../../../src/http/openapi/json-schema.ts'
import { pathsOf, type Route } from '../../../src/http/route.ts'
import { isJsonObject, type Json, type JsonObject } from '../../../src/lib/json.ts'
import { anything } from '../../support/anything.ts'
import {
  call,
  foundingPusher,
  loginUser,
  PASSWORD,
  registerUser,
  type TestUser,
} from '../../support/client.ts'
import { newPostgresUrl, clusterUrl } from '../../support/databases.ts'
import { startTestServer, type TestServer } from '../../support/server.ts'
import { fuzzTarget, type SharedPart } from '../fuzz-target.ts'
import { almost, json, near, text } from '../values.ts'

// Requests of an administrator to every endpoint for administrators. Path parameters, queries and bodies are
// almost right: they follow from the schemas of the routes. The server checks each response against the
// schemas.

type World = {
  server: TestServer
  root: TestUser
  names: Readonly<Record<string, string>>
  end: () => Promise<void>
}

/** Words in the values that stand for ids which the server makes. */
const KNOWN = ['ROOM', 'DEVICE', 'DELETION', 'EVENT'] as const
const USERS = [
  '@root:localhost',
  '@alice:localhost',
  '@bob:localhost',
  '@none:localhost',
  '@alice:other.example',
]
const WORDS = [...USERS, ...KNOWN, 'a-token', '1', '0', 'root', 'new', 'true', 'false', 'f', 'm.room.name']
const IN_PATH: Readonly<Record<string, readonly string[]>> = {
  userId: USERS,
  roomId: ['ROOM', '!none:localhost'],
  deviceId: ['DEVICE', 'none'],
  deleteId: ['DELETION'],
  token: ['a-token', 'new'],
  reportId: ['1', '2'],
  serverName: ['localhost', 'other.example'],
  mediaId: ['none'],
}

const isForAdministrators = ({ auth, path }: Route) =>
  auth === 'administrator' || (typeof path === 'string' && path.includes('/admin/'))
const routes = [...administrationRoutes(anything as never), ...consoleRoutes(anything as never)].filter(
  isForAdministrators,
)

/** Values that a JSON schema accepts, or nearly. */
function valuesOf(schema: Json | undefined): fc.Arbitrary<unknown> {
  if (!isJsonObject(schema)) return json
  const { anyOf, enum: allowed, type, properties, items } = schema
  if (Array.isArray(anyOf)) return fc.oneof(...anyOf.map(valuesOf))
  if (Array.isArray(allowed)) return fc.constantFrom(...allowed)
  switch (type) {
    case 'object':
      return almost(shapeOf(properties))
    case 'array':
      return fc.array(valuesOf(items), { maxLength: 3 })
    case 'boolean':
      return fc.boolean()
    case 'null':
      return fc.constant(null)
    case 'integer':
    case 'number':
      return fc.oneof(
        fc.constantFrom(0, 1, -1, 64, 2 ** 31, 2 ** 53 - 1, -(2 ** 53) + 1, 4_102_444_800_000),
        fc.integer(),
      )
    case 'string':
      return near(...WORDS, PASSWORD)
    default:
      return json
  }
}

const shapeOf = (properties: Json | undefined): Record<string, fc.Arbitrary<unknown>> =>
  Object.fromEntries(
    Object.entries(isJsonObject(properties) ? properties : {}).map(([key, value]) => [key, valuesOf(value)]),
  )

const inputOf = (schema: Route['query']): JsonObject =>
  schema === undefined ? {} : jsonSchemaOf(schema, 'input', newComponents())

/** All values are text in a query. */
const queryOf = (route: Route): fc.Arbitrary<string> =>
  almost({
    ...shapeOf(inputOf(route.query)['properties']),
    ...(route.query !== undefined && { from: near('0', '1'), limit: near('0', '10'), dir: near('b') }),
  }).map((query) =>
    new URLSearchParams(
      Object.entries(query).map(([key, value]) => [
        key.toWellFormed(),
        (typeof value === 'string' ? value : (JSON.stringify(value) ?? '')).toWellFormed(),
      ]),
    ).toString(),
  )

function pathOf(path: string): fc.Arbitrary<string> {
  const segments = path.split('/').map((segment): fc.Arbitrary<string> => {
    if (!segment.startsWith(':')) return fc.constant(segment)
    const known = IN_PATH[segment.slice(1)] ?? WORDS
    return fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom(...known).map(encodeURIComponent) },
      { weight: 2, arbitrary: near(...known).map((one) => encodeURIComponent(one.toWellFormed())) },
      { weight: 1, arbitrary: fc.constantFrom('%', '%zz', '%ff', '%00', '%2F%2e%2e') },
    )
  })
  return fc.tuple(...segments).map((all) => all.join('/'))
}

type AdminRequest = { method: string; path: string; query: string; body: string | undefined }

function requestOf(route: Route): fc.Arbitrary<AdminRequest>[] {
  const schema = route.body === undefined || !('safeParse' in (route.body as object)) ? undefined : route.body
  const body = fc.oneof(
    {
      weight: 8,
      arbitrary: valuesOf(inputOf(schema as Route['query'])).map((value) => JSON.stringify(value)),
    },
    { weight: 1, arbitrary: json.map((value) => JSON.stringify(value)) },
    { weight: 1, arbitrary: text },
  )
  return pathsOf(route).map(({ path }) =>
    fc.record({
      method: fc.constant(route.method as string),
      path: pathOf(path),
      query: queryOf(route),
      body: route.method === 'GET' ? fc.constant(undefined) : body,
    }),
  )
}

async function startWorld(flags: readonly string[]): Promise<World> {
  const ends: (() => Promise<void>)[] = []
  const t = { after: (end: () => Promise<void>) => void ends.push(end) } as unknown as TestContext
  const env = { BELFRY_REGISTRATION_SHARED_SECRET: 'a secret' }
  const server = await startTestServer(t, { flags, env })
  await server.accounts.add({ name: 'root', password: PASSWORD, admin: true })
  const root = await loginUser(server.url, 'root')
  const alice = await registerUser(server.url, 'alice')
  await registerUser(server.url, 'bob')
  const ROOM = await alice.createRoom({ preset: 'public_chat', name: 'A room' })
  const EVENT = await alice.say(ROOM, 'hello')
  await alice.post(`/rooms/${encodeURIComponent(ROOM)}/report/${encodeURIComponent(EVENT)}`, { reason: 'x' })
  await alice.post('/pushers/set', foundingPusher('http://127.0.0.1:9/_matrix/push/v1/notify'))
  const names = { ROOM, EVENT, DEVICE: alice.deviceId, DELETION: Buffer.from(ROOM).toString('base64url') }
  const end = async () => {
    for (const one of ends) await one()
  }
  return { server, root, names, end }
}

function named(input: string, names: World['names'], form: (id: string) => string): string {
  let output = input
  for (const name of KNOWN) output = output.replaceAll(name, form(names[name] as string))
  return output
}

/** Sends the request; a request may have ended the session of the administrator, which then gets another one. */
async function send({ server, root, names }: World, { method, path, query, body }: AdminRequest) {
  const url = `${server.url}${named(path, names, encodeURIComponent)}?${named(query, names, encodeURIComponent)}`
  const filled = body === undefined ? {} : { body: named(body, names, (id) => id) }
  let response = await call(url, { method, token: root.token, ...filled })
  if (response.body['errcode'] === 'M_UNKNOWN_TOKEN') {
    const device = { deviceId: undefined, displayName: undefined }
    root.token = (await server.accounts.login('root', device)).access_token
    response = await call(url, { method, token: root.token, ...filled })
  }
  return response
}

function adminTarget(name: string, database: string, flags: () => Promise<string[]>) {
  let world: World | undefined
  const shared: SharedPart = {
    open: async () => void (world = await startWorld(await flags())),
    close: async () => world?.end(),
  }
  return fuzzTarget(name, `requests of an administrator, ${database}`, {
    values: fc.oneof(...routes.flatMap(requestOf)),
    shared,
    async check(request) {
      assert.ok(world !== undefined)
      const { status, body } = await send(world, request)
      assert.ok(status < 500 && status !== 401, `${status} ${JSON.stringify(body)}`)
      if (status >= 400) assert.equal(typeof body['errcode'], 'string', JSON.stringify(body))
    },
  })
}

const cluster = clusterUrl()

export const administrationTargets = [
  adminTarget('admin-api', 'on SQLite', async () => []),
  ...(typeof cluster === 'string'
    ? [
        adminTarget('admin-api-postgres', 'on PostgreSQL', async () => [
          '--database',
          await newPostgresUrl(cluster),
        ]),
      ]
    : []),
]

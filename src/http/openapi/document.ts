import type { JsonObject } from '../../lib/json.ts'
import { schemaOf } from '../body.ts'
import { pathsOf, type Route } from '../route.ts'
import { type Components, jsonSchemaOf, newComponents } from './json-schema.ts'
import { parametersOf } from './parameters.ts'
import { responsesOf } from './responses.ts'
import { tagOf } from './tags.ts'

export type DocumentInfo = { version: string }

const TOKEN = 'accessToken'
const SERVICE_TOKEN = 'applicationServiceToken'

/**
 * The OpenAPI 3.1 document of a list of routes (https://spec.openapis.org/oas/v3.1.1). A route with several
 * prefixes appears once, under the newest prefix; `x-also-at` lists its other paths.
 */
export function openApiDocument(routes: readonly Route[], { version }: DocumentInfo): JsonObject {
  const components = newComponents()
  const paths: Record<string, JsonObject> = {}
  for (const route of routes) {
    const [path, ...others] = pathsOf(route).toReversed()
    if (path === undefined) continue
    const item = (paths[templateOf(path.path)] ??= {})
    item[route.method.toLowerCase()] = operationOf(route, {
      path: path.path,
      others: others.map((other) => templateOf(other.path)),
      components,
    })
  }
  const tags = [...new Set(routes.map((route) => tagOf(endOf(route))))]
  return {
    openapi: '3.1.1',
    info: {
      title: 'Belfry',
      description:
        'A Matrix home server built around push notifications. Later versions may add keys to objects.',
      version,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: tags.map((name) => ({ name })),
    paths,
    components: {
      schemas: Object.fromEntries(
        [...components.schemas].toSorted(([one], [other]) => (one < other ? -1 : 1)),
      ),
      securitySchemes: {
        [TOKEN]: { type: 'http', scheme: 'bearer', description: 'The access token of a login' },
        ...(routes.some(takesServices) && {
          [SERVICE_TOKEN]: {
            type: 'http',
            scheme: 'bearer',
            description: 'The `as_token` of an application service',
          },
        }),
      },
    },
  }
}

type At = { path: string; others: string[]; components: Components }

function operationOf(route: Route, { path, others, components }: At): JsonObject {
  const parameters = parametersOf(route, path, components)
  return {
    operationId: operationIdOf(route),
    ...(route.summary !== undefined && { summary: route.summary }),
    tags: [tagOf(endOf(route))],
    ...(others.length > 0 && { 'x-also-at': others }),
    ...(route.limit !== 'none' && { 'x-rate-limit': route.limit }),
    security: securityOf(route),
    ...(parameters.length > 0 && { parameters }),
    ...(route.body !== undefined && { requestBody: requestBodyOf(route.body, components) }),
    responses: responsesOf(route, components),
  }
}

const takesServices = ({ auth }: Route) =>
  auth === 'application service' || auth === 'user or application service'

function securityOf({ auth }: Route): JsonObject[] {
  // A signed link is its own permission.
  if (auth === 'none' || typeof auth === 'object') return []
  const user = { [TOKEN]: [] }
  const service = { [SERVICE_TOKEN]: [] }
  switch (auth) {
    case 'user':
    case 'administrator':
      return [user]
    case 'optional':
      return [{}, user]
    case 'application service':
      return [service]
    case 'user or application service':
      return [user, service]
  }
}

/** An absent body counts as an empty object. */
function requestBodyOf(body: NonNullable<Route['body']>, components: Components): JsonObject {
  const schemaOfBody = schemaOf(body)
  if (schemaOfBody === undefined) return { content: { '*/*': {} } }
  const schema = jsonSchemaOf(schemaOfBody, 'input', components)
  return { required: 'required' in schema, content: { 'application/json': { schema } } }
}

const endOf = ({ path }: Route) => (typeof path === 'string' ? path : path.suffix)

const templateOf = (path: string) => path.replace(/:(\w+)/g, '{$1}')

/** Such as `getRoomsByRoomIdMembers`: unique for each method and path. A trailing slash becomes `All`. */
function operationIdOf(route: Route): string {
  const words = endOf(route)
    .replace(/^\/_matrix\/client/, '')
    .replace(/\/$/, '/all')
    .split('/')
    .filter((segment) => segment !== '')
    .map((segment) => segment.replace(/^:/, 'by-').split(/[^A-Za-z0-9]+/))
  return route.method.toLowerCase() + words.flat().map(capitalised).join('')
}

const capitalised = (word: string) => word.slice(0, 1).toUpperCase() + word.slice(1)

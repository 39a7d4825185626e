import type { JsonObject } from '../../lib/json.ts'
import { STATUS_CODES } from '../../lib/node-http.ts'
import { errorsOf, matrixError } from '../common-errors.ts'
import { isRawBody, type LazySchema, type RawBody } from '../response.ts'
import type { Route } from '../route.ts'
import { type Components, jsonSchemaOf } from './json-schema.ts'

const RETRY_AFTER = {
  'Retry-After': { description: 'Seconds to wait before the next request', schema: { type: 'integer' } },
}

/** The responses of a route by status: its declared bodies, and its errors with their codes. */
export function responsesOf(route: Route, components: Components): JsonObject {
  const errors = errorsOf(route)
  const own = route.response ?? {}
  const statuses = [...new Set([...Object.keys(own), ...Object.keys(errors)])].map(Number)
  return Object.fromEntries(
    statuses
      .toSorted((left, right) => left - right)
      .map((status) => {
        const parts = { body: own[status], codes: errors[status] ?? [] }
        return [String(status), responseOf(status, parts, components)]
      }),
  )
}

type Parts = { body: LazySchema | RawBody | undefined; codes: readonly string[] }

function responseOf(status: number, { body, codes }: Parts, components: Components): JsonObject {
  const name = STATUS_CODES[status] ?? String(status)
  const description = codes.length === 0 ? name : `${name}: ${codes.join(', ')}`
  const json = [
    ...(body !== undefined && !isRawBody(body) ? [jsonSchemaOf(body(), 'output', components)] : []),
    ...(codes.length > 0 ? [errorSchema(codes, components)] : []),
  ]
  const schema = json.length > 1 ? { anyOf: json } : json[0]
  return {
    description,
    ...(status === 429 && { headers: RETRY_AFTER }),
    content: {
      ...(body !== undefined && isRawBody(body) && { [body.mediaType]: { schema: { type: 'string' } } }),
      ...(schema && { 'application/json': { schema } }),
    },
  }
}

/** The schema of a Matrix error with one of the codes. */
function errorSchema(codes: readonly string[], components: Components): JsonObject {
  const errcode = codes.length === 1 ? { const: codes[0] ?? '' } : { enum: [...codes] }
  return { allOf: [jsonSchemaOf(matrixError(), 'output', components), { properties: { errcode } }] }
}

import { isJsonObject, type JsonObject } from '../../../src/lib/json.ts'
import { objectAt, type Operation } from './load.ts'
import { type Shape, shapeOf } from './shape.ts'

/**
 * Statuses that any endpoint may return (client-server API, "Standard error response", "Common error codes"):
 * 403 and 404 stand for `M_FORBIDDEN` and `M_NOT_FOUND`.
 */
const COMMON_STATUSES = new Set(['400', '401', '403', '404', '413', '429', '500', '503'])

/** The differences between our endpoint and the specification, one line each. */
export function differences(specified: Operation, ours: Operation): string[] {
  const requests = [
    ...authentication(specified.about, ours.about),
    ...parameters(specified.about, ours.about),
    ...bodies(specified.about, ours.about),
  ]
  const listsItsResponses = Object.keys(objectAt(ours.about, 'responses')).some((status) =>
    /^[23]/.test(status),
  )
  if (!listsItsResponses) return requests
  return [...requests, ...statuses(specified.about, ours.about), ...responses(specified.about, ours.about)]
}

function authentication(specified: JsonObject, ours: JsonObject): string[] {
  const theirs = securityOf(specified)
  const own = securityOf(ours)
  return theirs === own ? [] : [`authentication: specified ${theirs}, ours ${own}`]
}

function securityOf({ security }: JsonObject): 'needed' | 'optional' | 'none' {
  const ways = Array.isArray(security) ? security.filter(isJsonObject) : []
  if (ways.length === 0) return 'none'
  return ways.some((way) => Object.keys(way).length === 0) ? 'optional' : 'needed'
}

type Parameter = { required: boolean; shape: Shape }

function parameters(specified: JsonObject, ours: JsonObject): string[] {
  const [theirs, own] = [queryOf(specified), queryOf(ours)]
  const missing = [...theirs].flatMap(([name, { required }]) =>
    own.has(name) ? [] : [`query ${name}: not read${required ? ', but required' : ''}`],
  )
  const others = [...own].flatMap(([name, { required, shape }]) => {
    const their = theirs.get(name)
    if (their === undefined) return [`query ${name}: not specified`]
    return [
      ...(required && !their.required ? [`query ${name}: required only here`] : []),
      ...typeDifference(shape, their.shape, `query ${name}`),
    ]
  })
  return [...missing, ...others]
}

function queryOf({ parameters: given }: JsonObject): Map<string, Parameter> {
  const all = Array.isArray(given) ? given.filter(isJsonObject) : []
  return new Map(
    all
      .filter((one) => one['in'] === 'query')
      .map((one) => [
        textOf(one['name']),
        { required: one['required'] === true, shape: shapeOf(objectAt(one, 'schema')) },
      ]),
  )
}

/** Request bodies: everything specified must be accepted. */
function bodies(specified: JsonObject, ours: JsonObject): string[] {
  const theirs = jsonOf(objectAt(specified, 'requestBody'))
  const own = jsonOf(objectAt(ours, 'requestBody'))
  if (own === undefined) {
    const required =
      theirs === undefined ? [] : [...shapeOf(theirs).properties].filter(([, { required: is }]) => is)
    return required.map(([name]) => `body ${name}: required, but not read`)
  }
  return theirs === undefined ? [] : taken(shapeOf(theirs), shapeOf(own), 'body')
}

function taken(theirs: Shape, own: Shape, path: string): string[] {
  const isOpen = own.more !== false || own.properties.size === 0
  const missing = [...theirs.properties].flatMap(([name, { required }]) =>
    required && !isOpen && !own.properties.has(name) ? [`${path}.${name}: required, but not read`] : [],
  )
  const others = [...own.properties].flatMap(([name, { schema, required }]) => {
    const their = theirs.properties.get(name)
    if (their === undefined) return theirs.more === false ? [`${path}.${name}: not specified`] : []
    return [
      ...(required && !their.required ? [`${path}.${name}: required only here`] : []),
      ...taken(shapeOf(their.schema), shapeOf(schema), `${path}.${name}`),
    ]
  })
  return [...typeDifference(theirs, own, path), ...missing, ...others]
}

function statuses(specified: JsonObject, ours: JsonObject): string[] {
  const [theirs, own] = [specified, ours].map((one) => Object.keys(objectAt(one, 'responses')))
  const missing = (theirs ?? []).filter((status) => !own?.includes(status))
  const others = (own ?? []).filter((status) => !theirs?.includes(status) && !COMMON_STATUSES.has(status))
  return [
    ...missing.map((status) => `status ${status}: never returned`),
    ...others.map((status) => `status ${status}: not specified`),
  ]
}

/** Successful responses: required keys must be present, and other keys must be specified. */
function responses(specified: JsonObject, ours: JsonObject): string[] {
  const theirs = objectAt(specified, 'responses')
  const own = objectAt(ours, 'responses')
  return Object.keys(own)
    .filter((status) => status in theirs && status.startsWith('2'))
    .flatMap((status) => {
      const [their, our] = [jsonOf(objectAt(theirs, status)), jsonOf(objectAt(own, status))]
      if (our === undefined || their === undefined) return []
      return sent(shapeOf(their), shapeOf(our), 'response')
    })
}

function sent(theirs: Shape, own: Shape, path: string): string[] {
  const missing = [...theirs.properties].flatMap(([name, { required }]) =>
    required && own.properties.get(name)?.required !== true
      ? [`${path}.${name}: required, but not always sent`]
      : [],
  )
  const others = [...own.properties].flatMap(([name, { schema }]) => {
    const their = theirs.properties.get(name)?.schema ?? theirs.more
    if (their === false) return theirs.properties.size === 0 ? [] : [`${path}.${name}: not specified`]
    return their === true ? [] : sent(shapeOf(their), shapeOf(schema), `${path}.${name}`)
  })
  return [...typeDifference(own, theirs, path), ...missing, ...others, ...elements(theirs, own, path)]
}

function elements(theirs: Shape, own: Shape, path: string): string[] {
  return [
    ...(theirs.items && own.items ? sent(shapeOf(theirs.items), shapeOf(own.items), `${path}[]`) : []),
    ...(isJsonObject(own.more) && isJsonObject(theirs.more)
      ? sent(shapeOf(theirs.more), shapeOf(own.more), `${path}.*`)
      : []),
  ]
}

/** Reports types that `from` allows and `into` does not. */
function typeDifference(from: Shape, into: Shape, path: string): string[] {
  if (from.types.size === 0 || into.types.size === 0) return []
  const others = [...from.types].filter(
    (type) => !into.types.has(type) && !(type === 'integer' && into.types.has('number')),
  )
  return others.length === 0 ? [] : [`${path}: ${others.join(', ')} is not ${[...into.types].join(', ')}`]
}

function jsonOf(body: JsonObject): JsonObject | undefined {
  const schema = objectAt(objectAt(body, 'content'), 'application/json')['schema']
  return isJsonObject(schema) ? schema : undefined
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : '')

import type { z } from 'zod'
import type { Deferred } from '../lib/deferred.ts'
import type { JsonObject } from '../lib/json.ts'
import { once } from '../lib/once.ts'
import type { Reply } from './reply.ts'

// The responses of a route: schemas by status, for the OpenAPI document and for tests. A running server does
// not create them at start.

/** A schema that is created on demand: hundreds of schemas would slow down the start of the server. */
export type LazySchema<S extends z.ZodType = z.ZodType> = () => S

// A body that is not JSON. With `*/*` its media type varies.
export type RawBody = { readonly mediaType: string }

/**
 * The bodies of a route by status. An object of known keys is a `z.strictObject`: tests refuse an undeclared key.
 * An object with any keys is a `z.looseObject`, a `z.record` or `jsonObject`.
 */
export type ResponseSchemas = { readonly [status: number]: LazySchema | RawBody }

/** The error codes of a route by status, without the common ones of its kind (`common-errors.ts`). */
export type ErrorCodes = { readonly [status: number]: readonly string[] }

export function isRawBody(body: LazySchema | RawBody): body is RawBody {
  return typeof body !== 'function'
}

/**
 * A schema that several routes share: it is created once, and is a component of the OpenAPI document under
 * its name. A name belongs to one schema.
 */
export function named<S extends z.ZodType>(name: string, make: LazySchema<S>): LazySchema<S> {
  const get = once(make)
  return once(() => get().meta({ id: name }))
}

/** For a body that code assembles as a `JsonObject`: tests check it, the compiler does not. */
export function uncheckedJson(make: LazySchema): LazySchema<z.ZodType<JsonObject>> {
  return make as LazySchema<z.ZodType<JsonObject>>
}

type Primitive = string | number | boolean | null | undefined
/** A value that matches a schema without a copy: lists and objects may be read-only, and parts may be deferred. */
export type Sendable<T> = T extends Primitive
  ? T
  : T extends readonly (infer Item)[]
    ? readonly Sendable<Item>[]
    : T extends object
      ? { readonly [Key in keyof T]: Sendable<T[Key]> } | Deferred
      : T

type BodyOf<Declared> = Declared extends LazySchema<infer S> ? Sendable<z.output<S>> : unknown
type ReplyOf<Schemas> = {
  [Status in keyof Schemas]: Status extends number ? Reply<Status, BodyOf<Schemas[Status]>> : never
}[keyof Schemas]

/** The return type of a handler: the body of a 200, or a `Reply` with one of the declared statuses. */
export type ResponseOf<Schemas> = Schemas extends ResponseSchemas
  ? ReplyOf<Schemas> | (Schemas extends { readonly 200: LazySchema<infer S> } ? Sendable<z.output<S>> : never)
  : object | Reply

import { z } from 'zod'
import {
  type EventId,
  isEventId,
  isRoomAlias,
  isRoomId,
  isUserId,
  type RoomAlias,
  type RoomId,
  type UserId,
} from '../lib/ids.ts'
import { isJsonObject, type JsonObject } from '../lib/json.ts'

// Schemas that many endpoints share.

const text = <T extends string>(test: (value: string) => value is T, expected: string) =>
  z.string().refine(test, expected) as unknown as z.ZodType<T, string>

export const userIdSchema = text<UserId>(isUserId, 'expected a user id, such as @name:server')
export const roomIdSchema = text<RoomId>(isRoomId, 'expected a room id, such as !opaque:server')
export const eventIdSchema = text<EventId>(isEventId, 'expected an event id, such as $opaque')
export const roomAliasSchema = text<RoomAlias>(isRoomAlias, 'expected a room alias, such as #name:server')

/** Any JSON object, passed on without a copy: for event content. */
export const jsonObject = z.custom<JsonObject>(isJsonObject, 'expected a JSON object')

/** An integer in a query string. */
export const queryInteger = (range: { min: number; max: number }) =>
  z
    .string()
    .regex(/^-?\d{1,16}$/, 'expected an integer')
    .transform(Number)
    .pipe(z.int().min(range.min).max(range.max))

/** A position in a list, as text from an earlier response, to continue from. */
export const queryPosition = (range: { min: number; max: number }) =>
  queryInteger(range).meta({ format: 'position' })

/** `true` or `false` in a query string. */
export const queryBoolean = z.enum(['true', 'false']).transform((value) => value === 'true')

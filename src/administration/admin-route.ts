import { z } from 'zod'
import type { BodyKind } from '../http/body.ts'
import type { ResponseSchemas } from '../http/response.ts'
import { defineRoute, type ParamName, type Route, type RouteSpec } from '../http/route.ts'
import { roomIdSchema, userIdSchema } from '../http/schema.ts'
import type { DeviceId } from '../lib/ids.ts'

/** The path parameters of all endpoints for administrators, by name. */
const PARAMETERS = {
  userId: userIdSchema,
  roomId: roomIdSchema,
  deviceId: z.string() as unknown as z.ZodType<DeviceId, string>,
  reportId: z
    .string()
    .regex(/^\d{1,15}$/, 'expected a number')
    .transform(Number),
  deleteId: z.string(),
  token: z.string(),
  serverName: z.string(),
  mediaId: z.string(),
}
type Parameters = typeof PARAMETERS
type NameIn<Path extends string> = Extract<ParamName<Path>, keyof Parameters>
type ParamsOf<Path extends string> = z.ZodType<{
  readonly [Name in NameIn<Path>]: z.output<Parameters[Name]>
}>

/**
 * Defines an endpoint that only administrators may use. The schemas of its path parameters follow from their
 * names, and with a parameter it has the error 404 `M_NOT_FOUND`.
 */
export function defineAdminRoute<
  const Path extends string,
  Query extends z.ZodType | undefined = undefined,
  const Body extends BodyKind | undefined = undefined,
  const Response extends ResponseSchemas | undefined = undefined,
>(
  spec: Omit<
    RouteSpec<'administrator', Path, ParamsOf<Path>, Query, Body, Response>,
    'auth' | 'limit' | 'params'
  >,
): Route {
  const names = [...spec.path.matchAll(/:(\w+)/g)].map(([, name]) => name as keyof Parameters)
  const shape = Object.fromEntries(names.map((name) => [name, PARAMETERS[name]]))
  const hasParams = names.length > 0
  return defineRoute<'administrator', Path, ParamsOf<Path>, Query, Body, Response>({
    ...spec,
    auth: 'administrator',
    limit: 'default',
    ...(hasParams && { params: z.object(shape) as unknown as ParamsOf<Path> }),
    ...(hasParams && { errors: { 404: ['M_NOT_FOUND'], ...spec.errors } }),
  })
}

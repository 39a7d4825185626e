import { z } from 'zod'
import { jsonObject } from './schema.ts'
import { once } from '../lib/once.ts'
import { defineRoute, type Route } from './route.ts'
import type { JsonObject } from '../lib/json.ts'
import { VERSION } from '../lib/version.ts'

export const OPENAPI_PATH = '/_belfry/v1/openapi.json'

const document = once(() => z.looseObject({ openapi: z.string(), paths: jsonObject }))

/** Adds `GET /_belfry/v1/openapi.json` to the routes. The document describes all of them and itself. */
export function withOpenApi(others: readonly Route[]): Route[] {
  const routes: Route[] = [
    ...others,
    defineRoute({
      method: 'GET',
      path: OPENAPI_PATH,
      auth: 'none',
      limit: 'default',
      summary: 'This document',
      response: { 200: document },
      handler: () => made(),
    }),
  ]
  const made = once(() => openApiOf(routes))
  return routes
}

/** The OpenAPI document of routes. The code that creates it is loaded on the first call. */
export async function openApiOf(routes: readonly Route[]) {
  const { openApiDocument } = await import('./openapi/document.ts')
  return openApiDocument(routes, { version: VERSION }) as JsonObject & { openapi: string; paths: JsonObject }
}

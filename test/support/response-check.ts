import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { z } from 'zod'
import { errorsOf, matrixError, UNMATCHED_ERRORS } from '../../src/http/common-errors.ts'
import { Content } from '../../src/http/content.ts'
import type { SentResponse, OnResponse } from '../../src/http/pipeline.ts'
import { isRawBody, type LazySchema } from '../../src/http/response.ts'
import { pathsOf, type Route } from '../../src/http/route.ts'
import { Deferred } from '../../src/lib/deferred.ts'
import { isJsonObject } from '../../src/lib/json.ts'
import { afterTest } from './after-test.ts'

export type ResponseCheck = {
  onResponse: OnResponse
  /**
   * The differences from the schemas, each once, as `GET /path 200: place in the response: fault`. They
   * contain no part of the response.
   */
  faults(): string[]
}

/** Validates every response of a server against the schemas of its route. */
export function createResponseCheck(): ResponseCheck {
  const faults = new Set<string>()
  return {
    onResponse(response) {
      for (const fault of faultsOf(response))
        faults.add(`${nameOf(response.route)} ${response.status}: ${fault}`)
    },
    faults: () => [...faults],
  }
}

/** For a server of this test: the test fails at its end if a response does not match the schemas of its route. */
export function checkedResponses(t: TestContext): OnResponse {
  const check = createResponseCheck()
  afterTest(t, () => assertNoFaults(check))
  return check.onResponse
}

export function assertNoFaults(check: ResponseCheck): void {
  assert.deepEqual(check.faults(), [], 'responses do not match the schemas of their routes')
}

const nameOf = (route: Route | undefined) =>
  route === undefined ? 'no route' : `${route.method} ${pathsOf(route).at(-1)?.path ?? ''}`

function faultsOf({ route, status, headers = {}, body }: SentResponse): string[] {
  const declared = route?.response?.[status]
  if (declared !== undefined && isRawBody(declared)) return mediaTypeFaults(declared.mediaType, headers)
  // Before `asSent`: as JSON, three megabytes take a second.
  if (route !== undefined && route.response === undefined && body instanceof Content) return []
  const sent = asSent(body)
  if (isJsonObject(sent) && typeof sent['errcode'] === 'string' && isDeclared(route, status, sent['errcode']))
    return schemaFaults(matrixError, sent)
  if (declared !== undefined) return schemaFaults(declared, sent)
  if (route !== undefined && route.response === undefined) return []
  return [`not declared by the route${errorNamed(sent)}`]
}

const errorNamed = (sent: unknown) =>
  isJsonObject(sent) && typeof sent['errcode'] === 'string' ? ` (${sent['errcode']})` : ''

function isDeclared(route: Route | undefined, status: number, errcode: string): boolean {
  const errors = route === undefined ? UNMATCHED_ERRORS : errorsOf(route)
  return errors[status]?.includes(errcode) ?? false
}

function mediaTypeFaults(expected: string, headers: Readonly<Record<string, string>>): string[] {
  const sent = headers['content-type']?.split(';', 1)[0]
  const isExpected = expected === '*/*' ? sent !== undefined : sent === expected
  return isExpected ? [] : [`content-type: expected ${expected}, was ${sent ?? 'absent'}`]
}

function schemaFaults(schema: LazySchema, sent: unknown): string[] {
  const result = schema().safeParse(sent)
  return result.success ? [] : result.error.issues.flatMap((issue) => issueFaults(issue, []))
}

/** For a union, the faults of the closest alternative, as `validate` reports them. */
function issueFaults(issue: z.core.$ZodIssue, base: readonly PropertyKey[]): string[] {
  const path = [...base, ...issue.path]
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const alternatives = issue.errors.map((issues) => issues.flatMap((inner) => issueFaults(inner, path)))
    return alternatives.toSorted((left, right) => left.length - right.length)[0] ?? []
  }
  return [`${path.length === 0 ? 'body' : path.map(String).join('.')}: ${issue.message}`]
}

/** The body as a client reads it. Deferred parts do not exist yet and are omitted. */
function asSent(body: unknown): unknown {
  const text = JSON.stringify(body, (_key, value: unknown) =>
    value instanceof Deferred ? undefined : value,
  ) as string | undefined
  return text === undefined ? undefined : JSON.parse(text)
}

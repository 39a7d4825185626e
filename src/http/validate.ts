import type { z } from 'zod'
import { badJson, invalidParam, type MatrixError, missingParam } from '../lib/errors.ts'
import { isJsonObject } from '../lib/json.ts'

export type InputPlace = 'body' | 'query' | 'path'

type Problem = { path: string; verdict: 'missing' | 'type' | 'range'; message: string }
type Issue = z.core.$ZodIssue
type Path = readonly PropertyKey[]

const MAX_NAMED = 20
const MAX_MESSAGE = 500

/**
 * The output of the schema for an input.
 * @throws MatrixError 400: `M_MISSING_PARAM` with all missing keys, else `M_BAD_JSON` for wrong types,
 * else `M_INVALID_PARAM` for values out of range
 */
export function validate<S extends z.ZodType>(schema: S, input: unknown, place: InputPlace): z.output<S> {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  throw refusal(result.error.issues, input, place)
}

function refusal(issues: readonly Issue[], input: unknown, place: InputPlace): MatrixError {
  if (place === 'body' && !isJsonObject(input) && issues.some((issue) => issue.path.length === 0))
    return badJson('The body has the wrong type; a JSON object is expected')
  const problems = issues.flatMap((issue) => problemsOf(issue, input, []))
  const missing = problems.filter(({ verdict }) => verdict === 'missing')
  if (missing.length > 0)
    return missingParam([...new Set(missing.map(({ path }) => path))].slice(0, MAX_NAMED))
  const wrongTypes = problems.filter(({ verdict }) => verdict === 'type')
  // Parts of a URL are text: a value that cannot be parsed is out of range, not of the wrong type.
  if (wrongTypes.length > 0 && place === 'body') return badJson(describe(wrongTypes))
  return invalidParam(describe(problems))
}

function describe(problems: readonly Problem[]): string {
  const texts = problems
    .slice(0, MAX_NAMED)
    .map(({ path, message }) => (path === '' ? message : `${path}: ${message}`))
  return texts.join('; ').slice(0, MAX_MESSAGE).toWellFormed()
}

function problemsOf(issue: Issue, input: unknown, base: Path): Problem[] {
  const path = [...base, ...issue.path]
  const value = valueAt(input, path)
  const named = {
    path: path.map(String).join('.'),
    message: issue.message.replace(/^Invalid (input|option): /, ''),
  }
  switch (issue.code) {
    case 'invalid_type':
      return [{ ...named, verdict: value === undefined ? 'missing' : 'type' }]
    case 'invalid_value': {
      const isAllowedType = issue.values.some(
        (allowed) => typeof allowed === typeof value && (allowed === null) === (value === null),
      )
      return [{ ...named, verdict: value === undefined ? 'missing' : isAllowedType ? 'range' : 'type' }]
    }
    case 'invalid_union':
      return unionProblems(issue, input, { path, named })
    case 'invalid_key':
    case 'invalid_element':
      return [{ ...named, verdict: 'range' }]
    default:
      return [
        {
          ...named,
          verdict: value === undefined && issue.code === 'custom' && path.length > 0 ? 'missing' : 'range',
        },
      ]
  }
}

// For a union, the error of the closest alternative is used.
function unionProblems(
  issue: z.core.$ZodIssueInvalidUnion,
  input: unknown,
  { path, named }: { path: Path; named: { path: string; message: string } },
): Problem[] {
  const value = valueAt(input, path)
  if (value === undefined) return [{ ...named, verdict: 'missing' }]
  if (issue.errors.length === 0)
    return [{ ...named, verdict: typeof value === 'string' || value === null ? 'range' : 'type' }]
  const alternatives = issue.errors
    .map((issues) => issues.flatMap((inner) => problemsOf(inner, input, path)))
    .filter(
      (problems) => !problems.some((problem) => problem.verdict === 'type' && problem.path === named.path),
    )
    .sort((left, right) => left.length - right.length)
  return alternatives[0] ?? [{ ...named, verdict: 'type' }]
}

function valueAt(input: unknown, path: Path): unknown {
  let value = input
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Record<PropertyKey, unknown>)[key]
  }
  return value
}

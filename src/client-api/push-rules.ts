import { z } from 'zod'
import {
  deleteRule,
  putRule,
  type RuleChangeDeps,
  setRuleActions,
  setRuleEnabled,
} from '../user-rules/change-rules.ts'
import type { RuleKey } from '../user-rules/rules-store.ts'
import { GLOBAL, noRules, rulesetOf } from '../user-rules/read-rules.ts'
import { client, defineRoute, reply, type Requester, type Route } from '../http/route.ts'
import { badJson, invalidParam, MatrixError, notFound, unrecognized } from '../lib/errors.ts'
import type { UserId } from '../lib/ids.ts'
import { isJsonObject, type Json } from '../lib/json.ts'
import { isTimeZone } from '../lib/time-zone.ts'
import {
  type Action,
  isRuleKind,
  type PushRule,
  USER_RULE_KINDS,
  type RuleProblem,
  type RuleSettings,
  type Ruleset,
  validateActions,
  type Validated,
  validateRule,
} from '../push-rules/index.ts'
import {
  allRulesets,
  deviceRulesets,
  pushRule,
  pushRules,
  ruleAttribute,
  ruleset,
} from './push-rule-response.ts'
import { nothing } from '../http/response-parts.ts'

const MAX_TAG_BYTES = 255
const NO_RULE = { 400: ['M_UNRECOGNIZED'], 404: ['M_NOT_FOUND'] } as const

/** The two spellings of a scope. A client that escapes the slash in `device/<tag>` sends both in one segment. */
const BASES = ['/pushrules/:scope', '/pushrules/device/:tag'] as const

const anyBody = z.custom<Json>(() => true)
const anchorQuery = z.object({ before: z.string().optional(), after: z.string().optional() })
const pathParams = z.object({
  scope: z.string().optional(),
  tag: z.string().optional(),
  kind: z.string().default(''),
  ruleId: z.string().default(''),
  attribute: z.string().default(''),
})
type PathParams = z.output<typeof pathParams>

/**
 * Push rules (client-server API, "Push Rules: API"), in the scopes `global` and `device/<tag>` (the 2015
 * draft; the tag is the handle of the device's pusher). Trailing slashes are significant. Clients and test
 * suites depend on the statuses: an unknown scope or attribute is 400; an unknown kind is 400 in a GET of a
 * list and in a PUT, and 404 in a GET or DELETE of one rule.
 */
export function pushRulesRoutes(deps: RuleChangeDeps): Route[] {
  return [
    ...wholeRoutes(deps),
    ...BASES.flatMap((base) => [
      ...readingRoutes(deps, base),
      ...writingRoutes(deps, base),
      ...deletingRoutes(deps, base),
    ]),
  ]
}

function wholeRoutes({ db, ...settings }: RuleChangeDeps): Route[] {
  return [
    defineRoute({
      ...onPath('GET', '/pushrules/'),
      summary: 'Your push rules',
      response: { 200: allRulesets },
      async handler({ requester, prefix }) {
        const { global, device } = await rulesetOf(db, requester.userId, settings)
        // Present-day clients may not accept a scope other than the global one.
        const shown = device.size > 0 || prefix === 'api/v1'
        return { global, ...(shown && { device: Object.fromEntries(device) }) }
      },
    }),
    defineRoute({
      ...onPath('GET', '/pushrules/device/'),
      summary: 'Your push rules for devices, by instance handle',
      response: { 200: deviceRulesets },
      async handler({ requester }) {
        return Object.fromEntries((await rulesetOf(db, requester.userId, settings)).device)
      },
    }),
    partial('PUT', '/pushrules/'),
    partial('DELETE', '/pushrules/'),
  ]
}

function readingRoutes({ db, ...settings }: RuleChangeDeps, base: string): Route[] {
  const rules = async (requester: Requester, params: PathParams): Promise<Ruleset> => {
    const scope = scopeIn(params)
    const { global, device } = await rulesetOf(db, requester.userId, settings)
    return scope === GLOBAL ? global : (device.get(scope) ?? noRules())
  }
  return [
    refusing('GET', base, 'The path of a scope must end with a slash, as in /pushrules/global/'),
    defineRoute({
      ...onPath('GET', `${base}/`),
      summary: 'Push rules of one scope',
      response: { 200: ruleset },
      errors: { 400: ['M_UNRECOGNIZED'] },
      handler: ({ requester, params }) => rules(requester, params),
    }),
    refusing(
      'GET',
      `${base}/:kind`,
      'The path of a kind must end with a slash, as in /pushrules/global/override/',
    ),
    defineRoute({
      ...onPath('GET', `${base}/:kind/`),
      summary: 'Push rules of one kind',
      response: { 200: pushRules },
      errors: { 400: ['M_UNRECOGNIZED'] },
      async handler({ requester, params }) {
        const found = await rules(requester, params)
        const ofKind = isRuleKind(params.kind) ? found[params.kind] : undefined
        if (ofKind === undefined)
          return refuse(`The kind of a push rule must be one of ${USER_RULE_KINDS.join(', ')}`)
        return reply(200, ofKind)
      },
    }),
    defineRoute({
      ...onPath('GET', `${base}/:kind/:ruleId`),
      summary: 'A push rule',
      response: { 200: pushRule },
      errors: NO_RULE,
      handler: async ({ requester, params }) => find(await rules(requester, params), params),
    }),
    defineRoute({
      ...onPath('GET', `${base}/:kind/:ruleId/:attribute`),
      summary: 'One attribute of a push rule: enabled or actions',
      response: { 200: ruleAttribute },
      errors: NO_RULE,
      async handler({ requester, params }) {
        const { enabled, actions } = find(await rules(requester, params), params)
        if (params.attribute === 'enabled') return { enabled }
        if (params.attribute === 'actions') return { actions }
        return refuseAttribute()
      },
    }),
  ]
}

function writingRoutes(deps: RuleChangeDeps, base: string): Route[] {
  return [
    ...['', '/', '/:kind', '/:kind/'].map((rest) => partial('PUT', `${base}${rest}`)),
    defineRoute({
      ...onPath('PUT', `${base}/:kind/:ruleId`),
      query: anchorQuery,
      body: anyBody,
      summary: 'Creates or replaces a push rule',
      response: { 200: nothing },
      errors: { 400: ['M_UNRECOGNIZED', 'M_UNKNOWN', 'M_TOO_LARGE'] },
      async handler({ requester, params, query, body }) {
        const key = keyToWrite(deps, requester.userId, params)
        // Some clients send an empty anchor instead of none.
        const anchor = { before: query.before || undefined, after: query.after || undefined }
        await putRule(deps, key, {
          content: accepted(validateRule(key, body, { ...deps, isTimeZone, now: deps.clock.now() })),
          anchor,
        })
        return {}
      },
    }),
    defineRoute({
      ...onPath('PUT', `${base}/:kind/:ruleId/:attribute`),
      body: anyBody,
      summary: 'Enables or disables a push rule, or sets its actions',
      response: { 200: nothing },
      errors: { 400: ['M_UNRECOGNIZED', 'M_UNKNOWN', 'M_TOO_LARGE'], 404: ['M_NOT_FOUND'] },
      async handler({ requester, params, body }) {
        const key = keyToWrite(deps, requester.userId, params)
        if (params.attribute === 'enabled') await setRuleEnabled(deps, key, readEnabled(body))
        else if (params.attribute === 'actions') await setRuleActions(deps, key, readActions(deps, body))
        else refuseAttribute()
        return {}
      },
    }),
  ]
}

function deletingRoutes(deps: RuleChangeDeps, base: string): Route[] {
  return [
    ...['', '/', '/:kind', '/:kind/', '/:kind/:ruleId/:attribute'].map((rest) =>
      partial('DELETE', `${base}${rest}`),
    ),
    defineRoute({
      ...onPath('DELETE', `${base}/:kind/:ruleId`),
      summary: 'Deletes a push rule',
      response: { 200: nothing },
      errors: NO_RULE,
      async handler({ requester: { userId }, params }) {
        const scope = scopeIn(params)
        const { kind, ruleId } = params
        if (!isRuleKind(kind)) throw noSuchRule()
        await deleteRule(deps, { userId, scope, kind, ruleId })
        return {}
      },
    }),
  ]
}

/** Refuses a path that does not name one rule or one list of rules. */
function refusing(method: 'GET' | 'PUT' | 'DELETE', path: string, message: string): Route {
  return defineRoute({
    ...onPath(method, path),
    summary: 'Always refused: the path names neither a rule nor a list of rules',
    response: {},
    errors: { 400: ['M_UNRECOGNIZED'] },
    handler: () => refuse(message),
  })
}

const partial = (method: 'PUT' | 'DELETE', path: string) =>
  refusing(
    method,
    path,
    'The path must name the scope, the kind and the rule, as in /pushrules/global/room/<rule id>',
  )

function onPath(method: 'GET' | 'PUT' | 'DELETE', path: string) {
  return { method, path: client(path), auth: 'user', limit: 'default', params: pathParams } as const
}

/** '' for the global scope, otherwise the tag. @throws MatrixError 400 for any other scope */
function scopeIn({ scope, tag: escaped }: PathParams): string {
  if (scope === 'global') return GLOBAL
  const tag = escaped ?? (scope?.startsWith('device/') ? scope.slice('device/'.length) : undefined)
  if (tag === undefined) return refuse('The scope of a push rule must be global or device/<tag>')
  if (tag === '' || Buffer.byteLength(tag) > MAX_TAG_BYTES)
    throw invalidParam(`The tag of a device scope must be 1 to ${MAX_TAG_BYTES} bytes long`)
  return tag
}

function keyToWrite(settings: RuleSettings, userId: UserId, params: PathParams): RuleKey {
  const scope = scopeIn(params)
  const { kind, ruleId } = params
  const exists = kind !== 'postcontent' || settings.experimental?.threadSubscriptions === true
  if (!isRuleKind(kind) || !exists)
    throw new MatrixError(
      400,
      'M_UNKNOWN',
      `The kind of a push rule must be one of ${USER_RULE_KINDS.join(', ')}`,
    )
  return { userId, scope, kind, ruleId }
}

/** Accepts `{"enabled": true}`, and a bare `true` as in the 2015 draft. */
function readEnabled(body: Json): boolean {
  const enabled = isJsonObject(body) ? body['enabled'] : body
  if (typeof enabled !== 'boolean') throw badJson('enabled must be true or false')
  return enabled
}

function readActions(settings: RuleSettings, body: Json): readonly Action[] {
  if (!isJsonObject(body)) throw badJson('The body must be an object with the key actions')
  return accepted(validateActions(body['actions'], settings))
}

function accepted<Value>(checked: Validated<Value>): Value {
  if (checked.ok) return checked.value
  throw problemError(checked.problem)
}

function problemError({ reason, message }: RuleProblem): MatrixError {
  if (reason === 'missing') return new MatrixError(400, 'M_MISSING_PARAM', message)
  if (reason === 'malformed') return badJson(message)
  return reason === 'too_large' ? new MatrixError(400, 'M_TOO_LARGE', message) : invalidParam(message)
}

function refuse(message: string): never {
  throw unrecognized(400, message)
}

function refuseAttribute(): never {
  return refuse('The attribute of a push rule must be enabled or actions')
}

/** @throws MatrixError 404 */
function find(rules: Ruleset, { kind, ruleId }: PathParams): PushRule {
  const ofKind: readonly PushRule[] = (isRuleKind(kind) && rules[kind]) || []
  const rule = ofKind.find((candidate) => candidate.rule_id === ruleId)
  if (!rule) throw noSuchRule()
  return rule
}

const noSuchRule = () => notFound('No push rule of this kind has this id')

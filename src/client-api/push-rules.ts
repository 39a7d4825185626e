import type { AccountDeps } from '../accounts/deps.ts'
import { rulesetOf, type RuleSettings } from '../accounts/rules.ts'
import { client, defineRoute, reply, type Route } from '../http/route.ts'
import { notFound, unrecognized } from '../lib/errors.ts'
import type { UserId } from '../lib/ids.ts'
import { type PushRule, RULE_KINDS, type RuleKind, type Ruleset } from '../push-rules/index.ts'

/**
 * Reading push rules (client-server API, "Push Rules: API"). A trailing slash matters, and the statuses are those that clients
 * and test suites rely on: a part of the path that is not known is 400 where a list was asked for, 404 where a rule was.
 */
export function pushRulesRoutes(deps: Pick<AccountDeps, 'db'> & RuleSettings): Route[] {
  const rules = (userId: UserId) => rulesetOf(deps.db, userId, deps)
  return [
    defineRoute({
      ...read(client('/pushrules/')),
      handler: async ({ requester }) => ({ global: await rules(requester.userId) }),
    }),
    defineRoute({
      ...read(client('/pushrules/:scope')),
      handler: () => refuse('A scope ends with a slash, as in /pushrules/global/'),
    }),
    defineRoute({
      ...read(client('/pushrules/:scope/')),
      handler({ requester, params }) {
        checkScope(params.scope)
        return rules(requester.userId)
      },
    }),
    defineRoute({
      ...read(client('/pushrules/:scope/:kind')),
      handler: () => refuse('A kind ends with a slash, as in /pushrules/global/override/'),
    }),
    defineRoute({
      ...read(client('/pushrules/:scope/:kind/')),
      async handler({ requester, params: { scope, kind } }) {
        checkScope(scope)
        if (!isKind(kind)) return refuse(`The kinds of rules are ${RULE_KINDS.join(', ')}`)
        return reply(200, (await rules(requester.userId))[kind])
      },
    }),
    defineRoute({
      ...read(client('/pushrules/:scope/:kind/:ruleId')),
      async handler({ requester, params }) {
        checkScope(params.scope)
        return find(await rules(requester.userId), params.kind, params.ruleId)
      },
    }),
    defineRoute({
      ...read(client('/pushrules/:scope/:kind/:ruleId/:attribute')),
      async handler({ requester, params }) {
        checkScope(params.scope)
        const { enabled, actions } = find(await rules(requester.userId), params.kind, params.ruleId)
        if (params.attribute === 'enabled') return { enabled }
        if (params.attribute === 'actions') return { actions }
        return refuse('A rule has the attributes enabled and actions')
      },
    }),
  ]
}

function read<const Path>(path: Path) {
  return { method: 'GET', path, auth: 'user', limit: 'default' } as const
}

function refuse(message: string): never {
  throw unrecognized(400, message)
}

function checkScope(scope: string): void {
  if (scope !== 'global') refuse('The only scope of push rules is global')
}

function isKind(kind: string): kind is RuleKind {
  return (RULE_KINDS as readonly string[]).includes(kind)
}

/** @throws MatrixError 404 */
function find(rules: Ruleset, kind: string, ruleId: string): PushRule {
  const ofKind: readonly PushRule[] = isKind(kind) ? rules[kind] : []
  const rule = ofKind.find((candidate) => candidate.rule_id === ruleId)
  if (!rule) throw notFound('There is no push rule of this kind with this id')
  return rule
}

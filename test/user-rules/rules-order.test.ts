import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  copyDeviceRules,
  deleteRule,
  putRule,
  type RuleAnchor,
  setRuleEnabled,
} from '../../src/user-rules/change-rules.ts'
import { noRules, rulesetOf } from '../../src/user-rules/read-rules.ts'
import { MatrixError } from '../../src/lib/errors.ts'
import type { UserId } from '../../src/lib/ids.ts'
import type { Database } from '../../src/storage/database.ts'
import { onEachDatabase } from '../support/databases.ts'
import { createRulesFixture } from '../accounts/fixture.ts'
import { runs } from '../support/property.ts'

// Compares the order of stored rules with a model: a list in memory.

const SCOPES = ['', 'phone'] as const
const KINDS = ['override', 'room'] as const
const IDS = ['a', 'b', 'c', 'd'] as const

type Rule = { id: string; text: string; enabled: boolean }
type Lists = Map<string, Rule[]>
type Step = { scope: string; kind: (typeof KINDS)[number]; id: string } & (
  | { do: 'put'; anchor: RuleAnchor; text: string }
  | { do: 'delete' }
  | { do: 'enable'; enabled: boolean }
  | { do: 'copy'; to: string }
)

const id = fc.constantFrom(...IDS)
const place = { scope: fc.constantFrom(...SCOPES), kind: fc.constantFrom(...KINDS), id }
const anchor = fc.record({ before: id, after: id }, { requiredKeys: [] })
const put = fc.record({ ...place, do: fc.constant('put' as const), anchor, text: fc.constantFrom('x', 'y') })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: put },
  { weight: 2, arbitrary: fc.record({ ...place, do: fc.constant('delete' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ ...place, do: fc.constant('enable' as const), enabled: fc.boolean() }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ ...place, do: fc.constant('copy' as const), to: fc.constant('tablet') }),
  },
)

/** Whether the change must be refused. */
function inModel(lists: Lists, { scope, kind, id: ruleId, ...step }: Step): boolean {
  const list = listOf(lists, scope, kind)
  const at = list.findIndex((rule) => rule.id === ruleId)
  if (step.do === 'copy') {
    if (scope !== '') for (const each of KINDS) copyInModel(lists, each, { from: scope, to: step.to })
    return false
  }
  if (step.do === 'put') {
    const name = step.anchor.before ?? step.anchor.after
    if (name !== undefined && !list.some((rule) => rule.id === name)) return true
    const rule = { id: ruleId, text: step.text, enabled: list[at]?.enabled ?? true }
    if (at !== -1 && (name === undefined || name === ruleId)) {
      list[at] = rule
      return false
    }
    if (at !== -1) list.splice(at, 1)
    const beside = list.findIndex((other) => other.id === name)
    list.splice(name === undefined ? 0 : beside + (step.anchor.before === undefined ? 1 : 0), 0, rule)
    return false
  }
  if (at === -1) return true
  if (step.do === 'delete') list.splice(at, 1)
  else (list[at] as Rule).enabled = step.enabled
  return false
}

function copyInModel(
  lists: Lists,
  kind: (typeof KINDS)[number],
  { from, to }: { from: string; to: string },
): void {
  const copies = listOf(lists, from, kind).map((rule) => ({ ...rule }))
  const rest = listOf(lists, to, kind).filter((rule) => !copies.some((copy) => copy.id === rule.id))
  lists.set(`${to} ${kind}`, [...copies, ...rest])
}

function listOf(lists: Lists, scope: string, kind: string): Rule[] {
  const key = `${scope} ${kind}`
  const list = lists.get(key) ?? []
  lists.set(key, list)
  return list
}

async function onServer(
  deps: ReturnType<typeof createRulesFixture>,
  userId: UserId,
  { scope, kind, id: ruleId, ...step }: Step,
): Promise<void> {
  const key = { userId, scope, kind, ruleId }
  if (step.do === 'put') {
    const content = kind === 'override' ? { conditions: [], actions: [] } : { actions: [] }
    const actions = [{ set_tweak: step.text }]
    await putRule(deps, key, { content: { ...content, actions }, anchor: step.anchor })
  } else if (step.do === 'delete') await deleteRule(deps, key)
  else if (step.do === 'enable') await setRuleEnabled(deps, key, step.enabled)
  else
    await deps.db.transaction((tx) => copyDeviceRules(deps, tx, { userId, from: scope, to: step.to }), {
      orderedBy: userId,
    })
}

async function shown(db: Database, userId: UserId, scope: string, kind: (typeof KINDS)[number]) {
  const { global, device } = await rulesetOf(db, userId, { legacyMentionRules: true })
  const rules = scope === '' ? global : (device.get(scope) ?? noRules())
  return rules[kind]
    .filter((rule) => !rule.default)
    .map((rule) => {
      const [action] = rule.actions
      return { id: rule.rule_id, text: (action as { set_tweak: string }).set_tweak, enabled: rule.enabled }
    })
}

onEachDatabase('the order of push rules', (open) => {
  test('equals that of a list after any puts, moves, copies and deletes', async (t) => {
    const deps = createRulesFixture(await open(t))
    let users = 0
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const userId = `@u${users++}:here` as UserId
        const lists: Lists = new Map()
        for (const each of steps) {
          const refused = inModel(lists, each)
          const doing = onServer(deps, userId, each)
          if (refused) await assert.rejects(doing, MatrixError)
          else await doing
        }
        for (const scope of [...SCOPES, 'tablet'])
          for (const kind of KINDS)
            assert.deepEqual(await shown(deps.db, userId, scope, kind), listOf(lists, scope, kind))
      }),
      { numRuns: runs(60) },
    )
  })
})

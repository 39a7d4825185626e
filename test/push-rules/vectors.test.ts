import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import {
  compileRules,
  defaultRules,
  evaluate,
  evaluateForDevice,
  prepareEvent,
  rulesetFor,
  wakesOnly,
  type DefaultRuleChange,
  type EvaluationContext,
  type ExperimentalRules,
  type Ruleset,
} from '../../src/push-rules/index.ts'
import { compileCondition } from '../../src/push-rules/conditions.ts'
import { compileGlob, matchesWhole, matchesWords } from '../../src/push-rules/glob.ts'
import { beginSteps } from '../../src/push-rules/meter.ts'
import { fold } from '../../src/push-rules/text.ts'
import { me, ruleset } from './support.ts'

// The expected results are in test/vectors, by section of the specification, in a form that other projects can use.

type Group<Case> = { section: string; cases: Case[] }

function vectors<Of extends Group<unknown>>(name: string): Of[] {
  const groups = JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), 'utf8')) as Of[]
  assert.ok(groups.length > 1)
  for (const { section, cases } of groups) assert.ok(section !== '' && cases.length > 0, section)
  return groups
}

type GlobCase = { pattern: string; text: string; matches: boolean }
describe('globs.json', () => {
  for (const { section, matching, cases } of vectors<Group<GlobCase> & { matching: string }>('globs')) {
    const matcher = matching === 'words' ? matchesWords : matchesWhole
    describe(section, () => {
      for (const { pattern, text, matches } of cases) {
        const does = matches ? 'matches' : 'does not match'
        it(`${JSON.stringify(pattern)} ${does} ${JSON.stringify(text)}`, () => {
          assert.equal(matcher(compileGlob(pattern), fold(text)), matches)
        })
      }
    })
  }
})

type ConditionCase = {
  name: string
  condition: unknown
  event: unknown
  context?: Partial<EvaluationContext>
  experimental?: ExperimentalRules
  holds: boolean
}
describe('conditions.json', () => {
  for (const { section, cases } of vectors<Group<ConditionCase>>('conditions')) {
    describe(section, () => {
      for (const { name, condition, event, context, experimental, holds } of cases) {
        it(name, () => {
          const test = compileCondition(condition, { experimental })
          // Another test can have left no steps.
          beginSteps(undefined)
          assert.equal(test(prepareEvent(event), { memberCount: 3, ...context }), holds)
        })
      }
    })
  }
})

type OutcomeCase = {
  name: string
  event: unknown
  userRules?: Partial<Ruleset>
  changes?: DefaultRuleChange[]
  deviceRules?: object
  context?: Partial<EvaluationContext>
  /** `wakesOnly`: false if absent. */
  expected: {
    rule: string | null
    notify: boolean
    highlight: boolean
    sound: string | null
    wakesOnly?: boolean
  }
}
type OutcomeGroup = Group<OutcomeCase> & { legacyMentionRules?: boolean; experimental?: ExperimentalRules }
describe('outcomes.json', () => {
  for (const { section, cases, legacyMentionRules = false, experimental } of vectors<OutcomeGroup>(
    'outcomes',
  )) {
    describe(section, () => {
      for (const { name, event, userRules = {}, changes = [], deviceRules, context, expected } of cases) {
        it(name, () => {
          const defaults = defaultRules({ userId: me, localpart: 'me', legacyMentionRules, experimental })
          const rules = compileRules(rulesetFor({ defaults, changes, userRules }), { experimental })
          const prepared = prepareEvent(event)
          const asked = { userId: me, displayName: 'My Name', memberCount: 3, ...context }
          const global = evaluate(rules, prepared, asked)
          const outcome =
            deviceRules === undefined
              ? global
              : evaluateForDevice({ rules: compileRules(ruleset(deviceRules)), global }, prepared, asked)
          const { rule, notify, highlight, tweaks } = outcome
          const decidedBy = rule && `${rule.kind} ${rule.ruleId}`
          const shown = { rule: decidedBy, notify, highlight, sound: tweaks['sound'] ?? null }
          assert.deepEqual({ ...shown, wakesOnly: wakesOnly(outcome) }, { wakesOnly: false, ...expected })
        })
      }
    })
  }
})

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  decideForUser,
  isOfIgnoredSender,
  isRecipient,
  NOTIFY_REASONS,
  type NotifyFact,
  notifyReason,
  type NotifyReason,
  pusherRuleFacts,
} from '../../src/trace/notify-reason.ts'

/** Each fact with its reason, in order of precedence. */
const TABLE: readonly (readonly [NotifyFact, NotifyReason])[] = [
  ['isGone', 'gone'],
  ['isOwn', 'own event'],
  ['isRedacted', 'redacted'],
  ['isNotMember', 'not a member'],
  ['isExpired', 'expired'],
  ['isRead', 'read'],
  ['ignoresSender', 'sender is ignored'],
  ['isSetAfter', 'set after the event'],
  ['isDisabled', 'disabled'],
  ['isNotActivated', 'not activated'],
  ['rulesFailed', 'rules failed'],
  ['noRuleMatched', 'no rule matched'],
  ['isNotForMail', 'not by e-mail'],
  ['isSuppressed', 'suppressed by a device rule'],
  ['isInAppOnly', 'in the app only'],
  ['doesNotNotify', 'does not notify'],
]

describe('the reason against a notification', () => {
  test('the table of this test contains each reason once', () => {
    assert.deepEqual(
      TABLE.map(([, reason]) => reason),
      NOTIFY_REASONS,
    )
  })

  for (const [fact, reason] of TABLE)
    test(`${fact} alone gives "${reason}", and false or unknown gives none`, () => {
      assert.equal(notifyReason({ [fact]: true }), reason)
      assert.equal(notifyReason({ [fact]: false }), undefined)
      assert.equal(notifyReason({ [fact]: undefined }), undefined)
    })

  test('the fact with the higher precedence gives the reason, in any order of the facts', () => {
    for (const [at, [first, reason]] of TABLE.entries())
      for (const [second] of TABLE.slice(at + 1)) {
        assert.equal(notifyReason({ [first]: true, [second]: true }), reason, `${first}, ${second}`)
        assert.equal(notifyReason({ [second]: true, [first]: true }), reason, `${second}, ${first}`)
      }
  })

  test('the facts of the queue precede the facts that delivery must query, so that evaluation in stages gives the same reason', () => {
    const factsOfQueue = ['isGone', 'isOwn', 'isRedacted', 'isNotMember', 'isExpired']
    assert.deepEqual(
      TABLE.slice(0, factsOfQueue.length).map(([fact]) => fact),
      factsOfQueue,
    )
  })
})

describe('the decision for a user', () => {
  const rule = { kind: 'underride', ruleId: '.m.rule.message' }
  const notifying = { notify: true, rule }
  const silent = { notify: false, rule }
  const noRule = { notify: false, rule: null }
  const cases: readonly [string, Parameters<typeof decideForUser>[0], ReturnType<typeof decideForUser>][] = [
    ['an outcome that notifies', { outcome: notifying }, { notifies: true, reason: 'notifies', rule }],
    [
      'an outcome that does not notify',
      { outcome: silent },
      { notifies: false, reason: 'does not notify', rule },
    ],
    [
      'an outcome without a rule',
      { outcome: noRule },
      { notifies: false, reason: 'no rule matched', rule: null },
    ],
    [
      'an ignored sender before an outcome without a rule',
      { outcome: noRule, ignoresSender: true },
      { notifies: false, reason: 'sender is ignored', rule: null },
    ],
    [
      'an own event before an outcome that notifies',
      { outcome: notifying, isOwn: true, isNotMember: true },
      { notifies: false, reason: 'own event', rule: null },
    ],
    [
      'no membership before an ignored sender',
      { outcome: notifying, isNotMember: true, ignoresSender: true },
      { notifies: false, reason: 'not a member', rule: null },
    ],
    ['rules that failed', { rulesFailed: true }, { notifies: false, reason: 'rules failed', rule: null }],
    [
      'a recorded reason where there is no outcome',
      { recorded: { reason: 'does not notify', rule } },
      { notifies: false, reason: 'does not notify', rule },
    ],
    [
      'a recorded reason without a rule',
      { recorded: { reason: 'no rule matched' } },
      { notifies: false, reason: 'no rule matched', rule: null },
    ],
    [
      'an outcome before a recorded reason',
      { outcome: notifying, recorded: { reason: 'does not notify' } },
      { notifies: true, reason: 'notifies', rule },
    ],
    ['no known fact', {}, { notifies: undefined, reason: 'not kept', rule: null }],
  ]
  for (const [title, facts, decision] of cases)
    test(`${title}: ${decision.reason}`, () => assert.deepEqual(decideForUser(facts), decision))

  test('a stored outcome that neither notifies nor has a rule belongs to an ignored sender', () => {
    assert.deepEqual([noRule, silent, notifying, undefined].map(isOfIgnoredSender), [
      true,
      false,
      false,
      false,
    ])
  })

  test('recipients are the joined members and the invited user', () => {
    const memberships = ['join', 'invite', 'leave', 'ban', 'knock', null, undefined]
    const recipients = (isOwnMembership: boolean) =>
      memberships.filter((membership) => isRecipient(membership, { isOwnMembership }))
    assert.deepEqual(recipients(false), ['join'])
    assert.deepEqual(recipients(true), ['join', 'invite'])
  })
})

describe('pusherRuleFacts', () => {
  const poke = { notify: true, wakes: true }
  const inApp = { notify: true, wakes: false }
  const nothing = { notify: false, wakes: false }
  const cases = [
    [poke, poke, undefined],
    [nothing, poke, undefined],
    [inApp, poke, undefined],
    [poke, nothing, 'suppressed by a device rule'],
    [poke, inApp, 'suppressed by a device rule'],
    [inApp, inApp, 'in the app only'],
    [nothing, inApp, 'in the app only'],
    [inApp, nothing, 'does not notify'],
    [nothing, nothing, 'does not notify'],
  ] as const
  for (const [counted, here, reason] of cases)
    test(`counted ${JSON.stringify(counted)}, here ${JSON.stringify(here)}: ${reason ?? 'a poke'}`, () => {
      assert.equal(notifyReason(pusherRuleFacts({ counted, here })), reason)
      const reasonForMail = notifyReason(pusherRuleFacts({ counted, here }, { isForMail: false }))
      assert.equal(reasonForMail, reason ?? 'not by e-mail')
    })
})

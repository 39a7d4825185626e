import { type RawBuilder, type Selectable, sql } from 'kysely'
import type { RoomId, UserId } from '../lib/ids.ts'
import type { RuleKind } from '../push-rules/index.ts'
import { query } from '../storage/query.ts'
import type { DefaultRuleChangesTable, PushRulesTable, RuleSetsTable } from '../storage/rules-schema.ts'

export type RuleRow = Selectable<PushRulesTable>
export type DefaultChangeRow = Selectable<DefaultRuleChangesTable>
export type RuleSetRow = Selectable<RuleSetsTable>

/** `scope`: '' for the global scope, otherwise a handle. */
export type RuleList = { userId: UserId; scope: string; kind: RuleKind }
export type RuleKey = RuleList & { ruleId: string }

export const ruleSetsOf = query<{ userIds: readonly UserId[] }>()((db, p, d) =>
  db
    .selectFrom('rule_sets')
    .selectAll()
    .where('user_id', 'in', d.list(p.userIds) as RawBuilder<UserId>),
)

/** In order of evaluation. */
export const rulesOfUsers = query<{ userIds: readonly UserId[] }>()((db, p, d) =>
  db
    .selectFrom('push_rules')
    .selectAll()
    .where('user_id', 'in', d.list(p.userIds) as RawBuilder<UserId>)
    .orderBy('place'),
)

export const defaultChangesOfUsers = query<{ userIds: readonly UserId[] }>()((db, p, d) =>
  db
    .selectFrom('default_rule_changes')
    .selectAll()
    .where('user_id', 'in', d.list(p.userIds) as RawBuilder<UserId>),
)

export const ruleByKey = query<RuleKey>()((db, p) =>
  db
    .selectFrom('push_rules')
    .selectAll()
    .where('user_id', '=', p.userId)
    .where('scope', '=', p.scope)
    .where('kind', '=', p.kind)
    .where('rule_id', '=', p.ruleId),
)

export const ruleCount = query<{ userId: UserId }>()((db, p) =>
  db
    .selectFrom('push_rules')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('user_id', '=', p.userId),
)

/** The number of characters of all rules of a user. */
export const rulesLength = query<{ userId: UserId }>()((db, p) =>
  db
    .selectFrom('push_rules')
    .select(
      sql<number>`coalesce(sum(length(rule_id) + length(coalesce(conditions, '')) + length(coalesce(pattern, ''))
        + length(actions)), 0)`.as('length'),
    )
    .where('user_id', '=', p.userId),
)

/** The place of the most important rule; null when there is no rule. */
export const firstPlace = query<RuleList>()((db, p) =>
  db
    .selectFrom('push_rules')
    .select((eb) => eb.fn.min<number | null>('place').as('place'))
    .where('user_id', '=', p.userId)
    .where('scope', '=', p.scope)
    .where('kind', '=', p.kind),
)

/** Makes room above a place: more important rules move up by one. */
export const moveUp = query<RuleList & { place: number }>()((db, p, d) =>
  db
    .updateTable('push_rules')
    .set((eb) => ({ place: eb('place', '-', d.integer(1)) }))
    .where('user_id', '=', p.userId)
    .where('scope', '=', p.scope)
    .where('kind', '=', p.kind)
    .where('place', '<', p.place),
)

/** Makes room below a place: less important rules move down by one. */
export const moveDown = query<RuleList & { place: number }>()((db, p, d) =>
  db
    .updateTable('push_rules')
    .set((eb) => ({ place: eb('place', '+', d.integer(1)) }))
    .where('user_id', '=', p.userId)
    .where('scope', '=', p.scope)
    .where('kind', '=', p.kind)
    .where('place', '>', p.place),
)

export type NewRule = RuleKey & {
  place: number
  conditions: string | null
  pattern: string | null
  actions: string
  endsAt: number | null
  digest: 0 | 1
  digestAt: number | null
  digestFrom: number | null
}

/** A new rule is enabled; an existing rule keeps its enabled flag. */
export const upsertRule = query<NewRule>()((db, p) =>
  db
    .insertInto('push_rules')
    .values({
      user_id: p.userId,
      scope: p.scope,
      kind: p.kind,
      rule_id: p.ruleId,
      place: p.place,
      conditions: p.conditions,
      pattern: p.pattern,
      actions: p.actions,
      enabled: sql.lit(1),
      ends_at: p.endsAt,
      digest: p.digest,
      digest_at: p.digestAt,
      digest_from: p.digestFrom,
    })
    .onConflict((conflict) =>
      conflict.columns(['user_id', 'scope', 'kind', 'rule_id']).doUpdateSet((eb) => ({
        place: eb.ref('excluded.place'),
        conditions: eb.ref('excluded.conditions'),
        pattern: eb.ref('excluded.pattern'),
        actions: eb.ref('excluded.actions'),
        ends_at: eb.ref('excluded.ends_at'),
        digest: eb.ref('excluded.digest'),
        digest_at: eb.ref('excluded.digest_at'),
        // A change of the rule keeps what it has held back so far, if it had a digest and still has one.
        digest_from: eb
          .case()
          .when(
            eb.and([
              eb('push_rules.digest', '=', sql.lit<0 | 1>(1)),
              eb('excluded.digest', '=', sql.lit<0 | 1>(1)),
            ]),
          )
          .then(eb.fn.coalesce('push_rules.digest_from', 'excluded.digest_from'))
          .else(eb.ref('excluded.digest_from'))
          .end(),
      })),
    ),
)

export const deleteRuleByKey = query<RuleKey>()((db, p) =>
  db
    .deleteFrom('push_rules')
    .where('user_id', '=', p.userId)
    .where('scope', '=', p.scope)
    .where('kind', '=', p.kind)
    .where('rule_id', '=', p.ruleId),
)

export const deleteScope = query<{ userId: UserId; scope: string }>()((db, p) =>
  db.deleteFrom('push_rules').where('user_id', '=', p.userId).where('scope', '=', p.scope),
)

export const deleteRulesOfUser = query<{ userId: UserId }>()((db, p) =>
  db.deleteFrom('push_rules').where('user_id', '=', p.userId),
)

export const enableRule = query<RuleKey & { enabled: 0 | 1 }>()((db, p) =>
  db
    .updateTable('push_rules')
    .set({ enabled: p.enabled })
    .where('user_id', '=', p.userId)
    .where('scope', '=', p.scope)
    .where('kind', '=', p.kind)
    .where('rule_id', '=', p.ruleId),
)

export const replaceActions = query<RuleKey & { actions: string }>()((db, p) =>
  db
    .updateTable('push_rules')
    .set({ actions: p.actions })
    .where('user_id', '=', p.userId)
    .where('scope', '=', p.scope)
    .where('kind', '=', p.kind)
    .where('rule_id', '=', p.ruleId),
)

type DefaultKey = { userId: UserId; kind: RuleKind; ruleId: string }

export const defaultChange = query<DefaultKey>()((db, p) =>
  db
    .selectFrom('default_rule_changes')
    .selectAll()
    .where('user_id', '=', p.userId)
    .where('kind', '=', p.kind)
    .where('rule_id', '=', p.ruleId),
)

export const upsertDefaultChange = query<DefaultKey & { enabled: 0 | 1 | null; actions: string | null }>()(
  (db, p) =>
    db
      .insertInto('default_rule_changes')
      .values({
        user_id: p.userId,
        kind: p.kind,
        rule_id: p.ruleId,
        enabled: p.enabled,
        actions: p.actions,
      })
      .onConflict((conflict) =>
        conflict.columns(['user_id', 'kind', 'rule_id']).doUpdateSet((eb) => ({
          enabled: eb.ref('excluded.enabled'),
          actions: eb.ref('excluded.actions'),
        })),
      ),
)

export const deleteDefaultChange = query<DefaultKey>()((db, p) =>
  db
    .deleteFrom('default_rule_changes')
    .where('user_id', '=', p.userId)
    .where('kind', '=', p.kind)
    .where('rule_id', '=', p.ruleId),
)

export const deleteDefaultChangesOfUser = query<{ userId: UserId }>()((db, p) =>
  db.deleteFrom('default_rule_changes').where('user_id', '=', p.userId),
)

/** Deletes the rules of a scope that also exist in another scope, with the same kind and id. */
export const deleteReplacedRules = query<{ userId: UserId; scope: string; by: string }>()((db, p) =>
  db
    .deleteFrom('push_rules')
    .where('user_id', '=', p.userId)
    .where('scope', '=', p.scope)
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom('push_rules as other')
          .select('other.rule_id')
          .whereRef('other.user_id', '=', 'push_rules.user_id')
          .where('other.scope', '=', p.by)
          .whereRef('other.kind', '=', 'push_rules.kind')
          .whereRef('other.rule_id', '=', 'push_rules.rule_id'),
      ),
    ),
)

const COPIED = [
  'user_id',
  'scope',
  'kind',
  'rule_id',
  'place',
  'conditions',
  'pattern',
  'actions',
  'enabled',
  'ends_at',
  'digest',
  'digest_at',
  'digest_from',
] as const

/** Copies the rules of a scope to another scope, as one block above the existing rules. */
export const copyScope = query<{ userId: UserId; from: string; to: string }>()((db, p, d) =>
  db
    .insertInto('push_rules')
    .columns(COPIED)
    .expression((eb) =>
      eb
        .selectFrom('push_rules as r')
        .select((of) => [
          'r.user_id',
          d.text(p.to).as('scope'),
          'r.kind',
          'r.rule_id',
          sql<number>`r.place - (
            select max(l.place) from push_rules l
            where l.user_id = r.user_id and l.scope = ${p.from} and l.kind = r.kind
          ) - 1 + coalesce((
            select min(t.place) from push_rules t
            where t.user_id = r.user_id and t.scope = ${p.to} and t.kind = r.kind
          ), 0)`.as('place'),
          'r.conditions',
          'r.pattern',
          'r.actions',
          of.ref('r.enabled').as('enabled'),
          'r.ends_at',
          of.ref('r.digest').as('digest'),
          'r.digest_at',
          'r.digest_from',
        ])
        .where('r.user_id', '=', p.userId)
        .where('r.scope', '=', p.from),
    ),
)

/** Writes the state of a user's rules at a stream position. */
export const recordChange = query<{ userId: UserId; position: number }>()((db, p, d) => {
  const owner = d.text(p.userId) as RawBuilder<UserId>
  return db
    .insertInto('rule_sets')
    .values((eb) => {
      const has = (condition: ReturnType<typeof eb.or>) =>
        eb.case().when(condition).then(sql.lit<0 | 1>(1)).else(sql.lit<0 | 1>(0)).end()
      const rules = eb.selectFrom('push_rules').select('user_id').where('user_id', '=', owner)
      const changes = eb.selectFrom('default_rule_changes').select('user_id').where('user_id', '=', owner)
      return {
        user_id: p.userId,
        version: p.position,
        has_global: has(eb.or([eb.exists(rules.where('scope', '=', '')), eb.exists(changes)])),
        has_device: has(eb.or([eb.exists(rules.where('scope', '<>', ''))])),
      }
    })
    .onConflict((conflict) =>
      conflict.column('user_id').doUpdateSet((eb) => ({
        version: eb.ref('excluded.version'),
        has_global: eb.ref('excluded.has_global'),
        has_device: eb.ref('excluded.has_device'),
      })),
    )
    .returning(['has_global', 'has_device'])
})

/** Updates in all rooms of a user whether that member has rules of their own. */
export const markRuleOwner = query<{ userId: UserId; hasRules: 0 | 1 }>()((db, p) =>
  db
    .updateTable('memberships')
    .set({ has_rules: p.hasRules })
    .where('user_id', '=', p.userId)
    .where('has_rules', '<>', p.hasRules),
)

/** Invalidates the cached rules of the members of these rooms. */
export const invalidateRoomRules = query<{ userId: UserId; position: number }>()((db, p) =>
  db
    .updateTable('rooms')
    .set({ rules_version: p.position })
    .where('room_id', 'in', (eb) =>
      eb
        .selectFrom('memberships')
        .select('room_id')
        .where('user_id', '=', p.userId)
        .where('membership', 'in', ['join', 'invite'])
        .$castTo<{ room_id: RoomId }>(),
    ),
)

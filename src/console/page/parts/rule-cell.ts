import { type ComponentChildren, h } from 'preact'
import type { Cell, Effect } from '../rule-matrix.ts'
import { t } from '../words.ts'
import { Chip, type Tone } from './chip.ts'
import type { IconName } from './icon.ts'
import { When } from './when.ts'

const LOOKS: Readonly<Record<Effect, readonly [Tone, IconName]>> = {
  inherits: ['quiet', 'dash'],
  muted: ['bad', 'bell-off'],
  mentions: ['wait', 'bell-off'],
  silent: ['bad', 'bell-off'],
  quiet: ['info', 'bell'],
  rings: ['good', 'bell'],
  highlight: ['good', 'bell'],
}

/** What a rule does, and when it ends. */
export function EffectChip({ effect, until }: Cell): ComponentChildren {
  const [tone, icon] = LOOKS[effect]
  return h(
    Chip,
    { tone, icon },
    t(`effect-${effect}`),
    until !== undefined && [` · ${t('rules-ends')} `, h(When, { key: 'until', at: until })],
  )
}

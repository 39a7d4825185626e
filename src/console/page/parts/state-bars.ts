import { type ComponentChildren, h } from 'preact'
import type { PusherLine, PusherState } from '../types.ts'
import { t } from '../words.ts'

const STATES: readonly PusherState[] = ['ok', 'retrying', 'failing', 'pending', 'off']
const WIDTH = 240

/** The number of devices in each state, as bars. The list has the numbers, so it is readable without the bars. */
export function StateBars({ pushers }: { pushers: readonly PusherLine[] }): ComponentChildren {
  const counts = STATES.map((state) => [state, pushers.filter((one) => one.state === state).length] as const)
  return h(
    'section',
    { 'aria-labelledby': 'admin-states' },
    h('h2', { id: 'admin-states' }, t('admin-states')),
    h(
      'dl',
      { class: 'panel state-bars' },
      counts.map(([state, count]) => [
        h('dt', { key: `${state} name` }, t(`pusher-${state}`)),
        h(
          'dd',
          { key: `${state} count` },
          h(
            'svg',
            { width: WIDTH, height: 12, viewBox: `0 0 ${WIDTH} 12`, 'aria-hidden': 'true', class: 'bar' },
            h('rect', {
              class: `bar-${state}`,
              width: Math.round((WIDTH * count) / Math.max(1, pushers.length)),
              height: 12,
              rx: 3,
            }),
          ),
          t('admin-state-count', { count }),
        ),
      ]),
    ),
  )
}

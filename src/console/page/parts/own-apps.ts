import { type ComponentChildren, h } from 'preact'
import type { HealthReport, OwnApp } from '../types.ts'
import { t } from '../words.ts'
import { Chip, type Tone } from './chip.ts'
import { Table } from './table.ts'
import { When } from './when.ts'

const TONES: Readonly<Record<OwnApp['state'], Tone>> = {
  ok: 'good',
  degraded: 'wait',
  failing: 'bad',
  alarmed: 'bad',
}

type Row = OwnApp & { id: string }

/** The apps of this server's own gateway: their state, requests and the end of their credentials. */
export function OwnApps({ health }: { health: HealthReport }): ComponentChildren {
  const rows = Object.entries(health.gateway?.apps ?? {}).map(([id, app]) => ({ id, ...app }))
  return h(
    'section',
    { 'aria-labelledby': 'admin-apps' },
    h('h2', { id: 'admin-apps' }, t('admin-apps')),
    rows.length === 0
      ? h('p', { class: 'muted' }, t('admin-no-apps'))
      : h(Table<Row>, {
          caption: t('admin-apps'),
          rows,
          keyOf: ({ id }) => id,
          columns: [
            {
              key: 'app',
              label: t('admin-app'),
              isName: true,
              cell: ({ id, type }) => [
                h('code', { key: 'id' }, id),
                h('span', { key: 'type', class: 'muted' }, ` ${type}`),
              ],
            },
            {
              key: 'state',
              label: t('admin-app-state'),
              cell: ({ state }) =>
                h(
                  Chip,
                  { tone: TONES[state], icon: state === 'ok' ? 'check' : 'warn' },
                  t(`admin-app-${state}`),
                ),
            },
            {
              key: 'requests',
              label: t('admin-app-waiting'),
              cell: ({ in_flight: running, waiting }) => t('admin-app-requests', { running, waiting }),
            },
            {
              key: 'expires',
              label: t('admin-app-expires'),
              cell: ({ credentials_expire_at: at }) => h(When, { at: at ?? null }),
            },
          ],
        }),
  )
}

import { type ComponentChildren, h } from 'preact'
import { ApiError } from '../api.ts'
import type { LoadedData } from '../use-data.ts'
import { t } from '../words.ts'
import { Icon, type IconName } from './icon.ts'

/** Shows data, or why there are none: loading, slow, refused, missing, failed. */
export function Loaded<T>({
  from,
  children,
}: {
  from: LoadedData<T>
  children: (data: T) => ComponentChildren
}): ComponentChildren {
  const { value, reload } = from
  if (value.state === 'ready') return children(value.data)
  if (value.state === 'failed') return h(Failed, { error: value.error, retry: reload })
  return h(
    'div',
    { class: 'loading', role: 'status' },
    h('span', { class: 'visually-hidden' }, t('state-loading')),
    [0, 1, 2].map((line) => h('div', { class: 'skeleton', key: line })),
    value.slow && h('p', { class: 'muted' }, t('state-slow')),
  )
}

export function Failed({ error, retry }: { error: ApiError; retry: () => void }): ComponentChildren {
  const kind =
    error.status === 0
      ? 'offline'
      : error.status === 403
        ? 'forbidden'
        : error.status === 404
          ? 'missing'
          : 'failed'
  return h(
    Notice,
    { tone: 'bad', icon: 'warn', title: t(`state-${kind}`), alert: true },
    error.message !== '' && error.status !== 0 && h('p', null, error.message),
    kind !== 'forbidden' && h('button', { type: 'button', onClick: retry }, t('state-retry')),
  )
}

type NoticeProps = {
  tone?: 'bad' | 'wait' | 'plain'
  icon: IconName
  title: string
  /** Read out when it appears. */
  alert?: boolean
  children?: ComponentChildren
}

/** A message in the place of data, or above them. */
export function Notice({
  tone = 'plain',
  icon,
  title,
  alert = false,
  children,
}: NoticeProps): ComponentChildren {
  return h(
    'div',
    { class: `notice ${tone}`, ...(alert && { role: 'alert' }) },
    h(Icon, { name: icon }),
    h('div', null, h('p', { class: 'notice-title' }, title), children),
  )
}

/** Why a request of the user was not carried out, as one text. */
export const errorText = (error: unknown): string =>
  error instanceof ApiError && error.message !== '' && error.status !== 0 ? error.message : t('state-offline')

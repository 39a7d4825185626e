import { type ComponentChildren, h } from 'preact'
import { useState } from 'preact/hooks'
import { t } from '../words.ts'
import { Icon, type IconName } from './icon.ts'

type CopyButtonProps = { icon: IconName; label: string; text: () => string }

/** Copies a text and says so. */
export function CopyButton({ icon, label, text }: CopyButtonProps): ComponentChildren {
  const [result, setResult] = useState('')
  const onClick = () => {
    navigator.clipboard.writeText(text()).then(
      () => setResult(t('copy-done')),
      () => setResult(t('copy-failed')),
    )
  }
  return h(
    'span',
    null,
    h('button', { type: 'button', class: 'plain', onClick }, h(Icon, { name: icon }), label),
    h('span', { role: 'status', class: 'muted' }, result),
  )
}

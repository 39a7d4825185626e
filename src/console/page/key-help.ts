import { type ComponentChildren, h } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { isHelpOpen, KEYS } from './keys.ts'
import { hasKeys } from './stores/preferences.ts'
import { t } from './words.ts'

/** The list of keys. The browser returns the focus when it closes. */
export function KeyHelp(): ComponentChildren {
  const dialog = useRef<HTMLDialogElement>(null)
  const isOpen = isHelpOpen.value
  useEffect(() => {
    if (isOpen) dialog.current?.showModal()
    else dialog.current?.close()
  }, [isOpen])
  return h(
    'dialog',
    { ref: dialog, onClose: () => (isHelpOpen.value = false), 'aria-labelledby': 'keys-title' },
    h('h2', { id: 'keys-title' }, t('keys-title')),
    h(
      'dl',
      { class: 'keys' },
      KEYS.map(([key, word]) => [h('dt', { key }, h('kbd', null, key)), h('dd', { key: word }, t(word))]),
    ),
    h(
      'label',
      { class: 'check' },
      h('input', {
        type: 'checkbox',
        checked: hasKeys.value,
        onChange: () => (hasKeys.value = !hasKeys.value),
      }),
      t('keys-switch'),
    ),
    h('button', { type: 'button', onClick: () => (isHelpOpen.value = false) }, t('close')),
  )
}

/** Only rules that neither Prettier nor the Svelte compiler checks: sizes that follow the reader's, and one scale of layers. */
export default {
  overrides: [{ files: ['**/*.svelte', '**/*.html'], customSyntax: 'postcss-html' }],
  reportNeedlessDisables: true,
  reportInvalidScopeDisables: true,
  reportDescriptionlessDisables: true,
  rules: {
    'declaration-property-unit-disallowed-list': [
      { 'font-size': ['px'], font: ['px'] },
      { message: 'Use a --size token, or rem: text in px ignores the size that the reader has chosen.' },
    ],
    'declaration-property-value-allowed-list': [
      { 'z-index': ['/^var\\(--layer-[a-z-]+\\)$/', 'auto'] },
      { message: 'Use one of the --layer tokens of styles/tokens.css, so that the order of layers is in one place.' },
    ],
    'block-no-empty': true,
    'color-no-invalid-hex': true,
    'declaration-block-no-duplicate-properties': [true, { ignore: ['consecutive-duplicates-with-different-values'] }],
    'declaration-block-no-shorthand-property-overrides': true,
    'font-family-no-duplicate-names': true,
    'function-calc-no-unspaced-operator': true,
    'keyframe-block-no-duplicate-selectors': true,
    'no-duplicate-selectors': true,
    'no-invalid-double-slash-comments': true,
    'property-no-unknown': true,
    'selector-pseudo-element-no-unknown': true,
    'unit-no-unknown': true,
  },
}

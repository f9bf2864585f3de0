/** A lexer whose work grows with the length of the text, not with its square: anybody may have written the text. */
import { Lexer, type MarkedOptions, type Token } from 'marked'
import { Formulas, type Delimiter } from './math'

/** Marks (of emphasis, links, code) beyond which a paragraph is plain text: marked looks for the end of each from each. */
export const MOST_MARKS = 2000
const MARK = /[*_~[`]+/g

export class BoundedLexer extends Lexer {
  /** The formulas of the text that is read now, which the tokenizers of formulas look up. */
  formulas: Formulas | null = null

  constructor(
    settings: MarkedOptions,
    private readonly delimiters: Delimiter[],
  ) {
    super(settings)
  }

  override blockTokens(src: string, tokens?: Token[], ...rest: any[]): any {
    return this.reading(src, () => (super.blockTokens as (...given: unknown[]) => unknown)(src, tokens, ...rest))
  }

  override inlineTokens(src: string, tokens: Token[] = []): Token[] {
    if (src.length > MOST_MARKS && (src.match(MARK)?.length ?? 0) > MOST_MARKS) {
      tokens.push({ type: 'text', raw: src, text: src, escaped: false })
      return tokens
    }
    return this.reading(src, () => super.inlineTokens(src, tokens))
  }

  private reading<T>(text: string, read: () => T): T {
    const outer = this.formulas
    this.formulas = new Formulas(text, this.delimiters)
    try {
      return read()
    } finally {
      this.formulas = outer
    }
  }
}

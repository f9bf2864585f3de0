/** A lexer whose work grows linearly with the length of the text, which may come from anyone. */
import { Lexer, type MarkedOptions, type Token } from 'marked'
import { Formulas, type Delimiter } from './math'

/** Number of marks (of emphasis, links, code) beyond which a paragraph is plain text: marked scans from each of them. */
export const MOST_MARKS = 2000
const MARK = /[*_~[`]+/g

export class BoundedLexer extends Lexer {
  /** Formulas of the current text, which the formula tokenizers look up. */
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

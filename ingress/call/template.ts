/** The four names that a rule may write in braces. */
export interface TemplateValues {
  readonly called: string
  readonly calling: string
  readonly trunk: string
  readonly rule: string
}

/** Fills in a template of a rule. The schema has refused every other name, so what is left in braces is text. */
export function expandTemplate(template: string, values: TemplateValues): string {
  if (!template.includes('{')) return template
  return template.replace(/\{(called|calling|trunk|rule)\}/g, (_match, name: keyof TemplateValues) => values[name])
}

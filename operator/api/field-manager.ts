/** The field manager of the operator's status writes, as `kubectl get --show-managed-fields` shows it. */
export const FIELD_MANAGER = 'sip-dispatch-operator'

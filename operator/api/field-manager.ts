/** Who `kubectl get --show-managed-fields` says has written a status. */
export const FIELD_MANAGER = 'sip-dispatch-operator'

// English words of ring plans in the portal.
export const ringingEn = {
  "kind.number": "Telephone number",

  "member.find": "Type a name …",
  "member.find.number": "Type a name or a telephone number …",
  "member.none": "Nothing begins like “{words}”. People, ring groups, contacts and telephones are found by name.",
  "member.number.hint": "Write the number with + and its country’s code: +43 662 123456",
  "member.gone": "somebody removed",
} as const;

-- Own limits of an exclusion that was ordered, as JSON: detector, measure, band; '' for none.
ALTER TABLE exclusion_changes ADD COLUMN IF NOT EXISTS bands String AFTER trial;

-- A rule that could not be evaluated on an event is a finding of its own; measure and threshold are NaN there.
ALTER TABLE findings MODIFY COLUMN band Enum8('review' = 1, 'block' = 2, 'error' = 3);

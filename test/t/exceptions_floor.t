# Exceptions from a floor cannot be spoofed: see lib/Exceptions.pm.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Exceptions;

prepare();
try_phase('floor');

done_testing;

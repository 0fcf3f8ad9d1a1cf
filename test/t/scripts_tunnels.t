# What measures tunnels leaves nothing behind when it is interrupted.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Interrupt;

chdir($ENV{UPGRADE_TEST_TOP} || die 'run this through build/test') or die $!;

leaves_nothing('bench-tunnels', 'left/upgrade-bench.*/stock/httpd.pid');
leaves_nothing('soak',          'left/upgrade-bench.*/soaked/httpd.pid');

done_testing;

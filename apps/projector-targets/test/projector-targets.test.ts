import { describeProjector } from '../../../test/fixtures/projector.contract.js';

describeProjector('targets');
